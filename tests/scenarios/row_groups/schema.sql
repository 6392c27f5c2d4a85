CREATE TABLE a (id integer PRIMARY KEY, at timestamptz);
CREATE TABLE b (id integer PRIMARY KEY, n int4);
CREATE TABLE c (id integer PRIMARY KEY, code text);
