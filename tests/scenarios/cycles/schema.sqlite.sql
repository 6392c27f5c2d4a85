CREATE TABLE team (id integer PRIMARY KEY, name text, lead_id integer REFERENCES member (id) ON DELETE CASCADE);
CREATE TABLE member (id integer PRIMARY KEY, name text, team_id integer NOT NULL REFERENCES team (id));
CREATE TABLE a (id integer PRIMARY KEY, b_id integer NOT NULL REFERENCES b (id));
CREATE TABLE b (id integer PRIMARY KEY, zone integer NOT NULL, c_id integer, UNIQUE (zone, id), FOREIGN KEY (zone, c_id) REFERENCES c (zone, id));
CREATE TABLE c (id integer PRIMARY KEY, zone integer NOT NULL, a_id integer NOT NULL REFERENCES a (id), UNIQUE (zone, id));
