CREATE TABLE clients (id integer PRIMARY KEY, name text, rate numeric(12,4), big bigint, active boolean, since date, details json, imported boolean);
CREATE TABLE notes (id integer PRIMARY KEY, body text);
CREATE TABLE checked (id integer PRIMARY KEY, name text, rate numeric(12,4), since date, details json);
