CREATE TABLE empty (id integer PRIMARY KEY, name text);
