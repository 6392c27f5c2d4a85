CREATE TABLE t (id integer PRIMARY KEY, name text);
CREATE TABLE late (id integer PRIMARY KEY, name text);
CREATE VIEW v AS SELECT * FROM t;
