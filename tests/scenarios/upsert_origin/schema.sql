CREATE TABLE clients (id integer PRIMARY KEY, name text, source char(1) NOT NULL DEFAULT 'M');
INSERT INTO clients VALUES (2, 'local two', 'M'), (9, 'imported once', 'D');
