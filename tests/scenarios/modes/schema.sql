CREATE TABLE a (id integer PRIMARY KEY, n integer);
CREATE TABLE b (id integer PRIMARY KEY, n integer);
CREATE TABLE c (id integer PRIMARY KEY, n integer);
CREATE TABLE d (id integer PRIMARY KEY, n integer);
