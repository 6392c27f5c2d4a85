CREATE TABLE plane (tailnum text PRIMARY KEY, model text);
CREATE TABLE flight (id integer PRIMARY KEY, tailnum text REFERENCES plane (tailnum));
CREATE TABLE leg (id integer PRIMARY KEY, tailnum text REFERENCES plane (tailnum));
CREATE TABLE ticket (id integer PRIMARY KEY, flight_id integer REFERENCES flight (id));
