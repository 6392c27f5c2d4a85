CREATE TABLE t (id integer PRIMARY KEY, name text);
CREATE TABLE other (id integer PRIMARY KEY, name text);
INSERT INTO t VALUES (1, 'here');
