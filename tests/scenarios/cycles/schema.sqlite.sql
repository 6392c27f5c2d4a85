CREATE TABLE team (id integer PRIMARY KEY, lead_id integer REFERENCES member (id));
CREATE TABLE member (id integer PRIMARY KEY, team_id integer NOT NULL REFERENCES team (id));
