CREATE TABLE plane (tailnum text PRIMARY KEY, model text, imported boolean);
CREATE TABLE flight (id integer PRIMARY KEY, tailnum text REFERENCES plane (tailnum));
CREATE TABLE report (id integer PRIMARY KEY, tailnum text);
