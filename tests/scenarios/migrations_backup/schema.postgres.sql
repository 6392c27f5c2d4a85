CREATE TABLE notes (id serial PRIMARY KEY, person_id integer NOT NULL REFERENCES people (id), body text);
