CREATE TABLE client (id integer PRIMARY KEY, code text UNIQUE);
CREATE TABLE job (client_id integer NOT NULL REFERENCES client (id), number text NOT NULL, title text, PRIMARY KEY (client_id, number));
INSERT INTO client VALUES (1, 'A'), (2, 'B');
