CREATE TABLE a (id integer PRIMARY KEY, at timestamp);
CREATE TABLE b (id integer PRIMARY KEY, at timestamp);
CREATE TABLE c (id integer PRIMARY KEY, at timestamp);
