CREATE TABLE clients (id integer PRIMARY KEY, name text, imported boolean NOT NULL DEFAULT true);
CREATE TABLE orders (id integer PRIMARY KEY, client integer, note text);
CREATE TABLE copy (id integer PRIMARY KEY, name text, imported boolean NOT NULL);
