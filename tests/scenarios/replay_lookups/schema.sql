CREATE TABLE person (id integer PRIMARY KEY, uid text UNIQUE);
CREATE TABLE job (id integer PRIMARY KEY, owner_id integer NOT NULL, site text, at timestamp);
INSERT INTO person VALUES (1, 'ann');
