CREATE TABLE people (id integer PRIMARY KEY, name text, role text DEFAULT 'guest');
INSERT INTO people VALUES (1, 'Ann', 'host');
