CREATE TABLE people (id integer PRIMARY KEY, name text);
CREATE TABLE keyless (id integer, name text);
CREATE VIEW people_view AS SELECT * FROM people;
