CREATE TABLE item (id integer PRIMARY KEY, size smallint);
CREATE TABLE share (id integer PRIMARY KEY, size smallint, imported boolean NOT NULL DEFAULT false);
INSERT INTO share (id, size) VALUES (1, 11), (2, 12);
