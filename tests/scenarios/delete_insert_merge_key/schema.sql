CREATE TABLE town (id integer PRIMARY KEY, name text);
INSERT INTO town VALUES (1, 'Ulm');
