CREATE TABLE team (id integer PRIMARY KEY, name text, lead_id integer);
CREATE TABLE member (id integer PRIMARY KEY, name text, team_id integer NOT NULL REFERENCES team (id));
ALTER TABLE team ADD FOREIGN KEY (lead_id) REFERENCES member (id) ON DELETE CASCADE;
CREATE TABLE a (id integer PRIMARY KEY, b_id integer NOT NULL);
CREATE TABLE b (id integer PRIMARY KEY, zone integer NOT NULL, c_id integer, UNIQUE (zone, id));
CREATE TABLE c (id integer PRIMARY KEY, zone integer NOT NULL, a_id integer NOT NULL REFERENCES a (id), UNIQUE (zone, id));
ALTER TABLE a ADD FOREIGN KEY (b_id) REFERENCES b (id);
ALTER TABLE b ADD FOREIGN KEY (zone, c_id) REFERENCES c (zone, id);
