CREATE TABLE person (id integer PRIMARY KEY, email text UNIQUE, first text, last text, local integer NOT NULL DEFAULT 0, UNIQUE (first, last));
CREATE TABLE account (id integer PRIMARY KEY, person_id integer NOT NULL REFERENCES person (id), login text UNIQUE);
CREATE TABLE strict_person (id integer PRIMARY KEY, email text UNIQUE);
INSERT INTO person VALUES (90, 'here@x', 'local', 'row', 1);
