CREATE TABLE rank (id integer PRIMARY KEY, place integer UNIQUE);
CREATE TABLE slot (id integer PRIMARY KEY, place integer NOT NULL UNIQUE);
CREATE TABLE stall (zone integer, id integer, name text, next_id integer REFERENCES pitch (id), PRIMARY KEY (zone, id), UNIQUE (zone, name)) WITHOUT ROWID;
CREATE TABLE pitch (id integer PRIMARY KEY, zone integer, stall_id integer NOT NULL, FOREIGN KEY (zone, stall_id) REFERENCES stall (zone, id));
