CREATE TABLE t (id integer PRIMARY KEY, name text, imported boolean NOT NULL DEFAULT 1);
CREATE TABLE other (id integer PRIMARY KEY);
