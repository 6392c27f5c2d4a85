CREATE TABLE clients (id integer PRIMARY KEY, name text, source char(1));
INSERT INTO clients VALUES (1, 'imported once', 'D'), (2, 'made here', 'M'), (3, 'who knows', NULL), (4, 'gone', 'D');
CREATE TABLE codes (id integer PRIMARY KEY, name text, source char(1));
INSERT INTO codes VALUES (3, 'who knows', NULL), (5, 'who knows', NULL);
