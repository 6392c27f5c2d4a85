CREATE TABLE people (id integer PRIMARY KEY, xmlid text NOT NULL UNIQUE, name text);
