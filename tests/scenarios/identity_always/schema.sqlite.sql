CREATE TABLE t (id integer PRIMARY KEY, name text);
CREATE TABLE u (id integer PRIMARY KEY, name text);
