CREATE TABLE plane (tailnum text PRIMARY KEY, fleet text NOT NULL, model text);
CREATE TABLE flight (id integer PRIMARY KEY, tailnum text REFERENCES plane (tailnum));
CREATE TABLE charter (id integer PRIMARY KEY, tailnum text REFERENCES plane (tailnum));
