CREATE TABLE club (id serial PRIMARY KEY, xmlid text NOT NULL UNIQUE, name text, head_id integer REFERENCES club);
CREATE TABLE member (id serial PRIMARY KEY, club_id integer NOT NULL REFERENCES club, name text);
