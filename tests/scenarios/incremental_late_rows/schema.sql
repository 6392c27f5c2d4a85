CREATE TABLE a (id integer PRIMARY KEY, day date);
CREATE TABLE b (id integer PRIMARY KEY, amount numeric(12,3));
CREATE TABLE c (id integer PRIMARY KEY, code text);
CREATE TABLE d (id integer PRIMARY KEY, seen timestamptz);
