CREATE TABLE clients (id integer PRIMARY KEY, name text NOT NULL, imported boolean NOT NULL DEFAULT false);
CREATE TABLE codes (id integer PRIMARY KEY, name text NOT NULL, imported boolean NOT NULL DEFAULT false);
INSERT INTO clients VALUES (2, 'local two', false), (7, 'local seven', false), (8, 'gone at the source', true);
INSERT INTO codes VALUES (2, 'local two', false), (7, 'local seven', false), (8, 'gone at the source', true);
