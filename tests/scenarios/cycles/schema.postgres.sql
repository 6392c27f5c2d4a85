CREATE TABLE team (id integer PRIMARY KEY, lead_id integer);
CREATE TABLE member (id integer PRIMARY KEY, team_id integer NOT NULL REFERENCES team (id));
ALTER TABLE team ADD FOREIGN KEY (lead_id) REFERENCES member (id);
