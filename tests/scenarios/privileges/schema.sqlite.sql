CREATE TABLE t (id integer PRIMARY KEY, name text);
CREATE TABLE hidden (id integer PRIMARY KEY, name text, owner_name text);
