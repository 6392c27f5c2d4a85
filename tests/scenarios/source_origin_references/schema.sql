CREATE TABLE people (id integer PRIMARY KEY, boss integer REFERENCES people, source char(1));
INSERT INTO people VALUES (8, NULL, 'D');
