CREATE TABLE crew (id integer PRIMARY KEY, uid text, boss integer);
