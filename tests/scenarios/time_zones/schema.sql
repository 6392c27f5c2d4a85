CREATE TABLE t (id integer PRIMARY KEY, seen timestamp with time zone);
CREATE TABLE local_t (id integer PRIMARY KEY, seen timestamp);
