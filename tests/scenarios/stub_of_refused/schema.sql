CREATE TABLE region (id integer PRIMARY KEY);
INSERT INTO region VALUES (1);
