CREATE TABLE person (id integer PRIMARY KEY, name text, imported integer);
CREATE TABLE visit (id integer PRIMARY KEY, person_id integer REFERENCES person, note text);
CREATE TABLE tag (person_id integer, tag text);
CREATE TABLE history (id integer PRIMARY KEY, note text);
