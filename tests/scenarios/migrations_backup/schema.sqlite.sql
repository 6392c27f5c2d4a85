CREATE TABLE notes (id integer PRIMARY KEY, person_id integer NOT NULL REFERENCES people (id), body text);
