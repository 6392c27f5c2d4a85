CREATE TABLE people (id integer PRIMARY KEY, name text NOT NULL, born date, paid numeric(12,2));
