-- Where planes are parked.
CREATE TABLE places (id integer PRIMARY KEY, name text NOT NULL);
INSERT INTO places VALUES (1, 'Newark');
