CREATE TABLE plane (tailnum text PRIMARY KEY, model text, imported boolean);
CREATE TABLE history (tailnum text PRIMARY KEY, model text);
CREATE TABLE flight (id integer PRIMARY KEY, tailnum text REFERENCES plane (tailnum));
CREATE TABLE other (id integer PRIMARY KEY, tailnum text REFERENCES history (tailnum));
