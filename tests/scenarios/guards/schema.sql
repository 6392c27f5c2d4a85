CREATE TABLE items (id integer PRIMARY KEY, name text);
CREATE TABLE few (id integer PRIMARY KEY, name text);
