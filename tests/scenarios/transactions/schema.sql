CREATE TABLE people (id integer PRIMARY KEY, name text);
CREATE TABLE notes (n integer);
CREATE TABLE results (report text);
