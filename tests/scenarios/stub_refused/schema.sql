CREATE TABLE plane (tailnum text PRIMARY KEY, model text NOT NULL, code text UNIQUE);
CREATE TABLE flight (id integer PRIMARY KEY, tailnum text REFERENCES plane (tailnum), code text);
