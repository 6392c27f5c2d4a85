CREATE TABLE grade (code text PRIMARY KEY);
INSERT INTO grade VALUES ('a'), ('b');
CREATE TABLE person (id integer PRIMARY KEY, name text, grade text REFERENCES grade (code), pay integer DEFAULT 100, source char(1));
CREATE TABLE badge (id integer PRIMARY KEY, person_id integer REFERENCES person (id));
INSERT INTO person VALUES (7, 'made here', 'a', 1, 'M'), (8, 'imported once', 'a', 8, 'D');
