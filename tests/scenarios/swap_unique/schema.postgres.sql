CREATE TABLE rank (id integer PRIMARY KEY, place integer NOT NULL UNIQUE DEFERRABLE);
CREATE TABLE slot (id integer PRIMARY KEY, place integer NOT NULL UNIQUE);
CREATE TABLE stall (zone integer, id integer, name text, next_id integer, PRIMARY KEY (zone, id), UNIQUE (zone, name)) PARTITION BY LIST (zone);
CREATE TABLE stall_1 PARTITION OF stall FOR VALUES IN (1);
CREATE TABLE stall_2 PARTITION OF stall FOR VALUES IN (2);
CREATE TABLE pitch (id integer PRIMARY KEY, zone integer, stall_id integer NOT NULL);
ALTER TABLE pitch ADD FOREIGN KEY (zone, stall_id) REFERENCES stall (zone, id);
ALTER TABLE stall ADD FOREIGN KEY (next_id) REFERENCES pitch (id);
