CREATE TABLE maker (code text PRIMARY KEY, name text);
CREATE TABLE plane (tailnum text PRIMARY KEY, model text NOT NULL, seats integer, maker_code text REFERENCES maker (code), imported boolean NOT NULL);
CREATE TABLE flight (id integer PRIMARY KEY, tailnum text REFERENCES plane (tailnum), shop_id integer, order_no integer);
CREATE TABLE shop (id integer PRIMARY KEY, town text);
CREATE TABLE orders (shop_id integer REFERENCES shop (id), order_no integer, note text, PRIMARY KEY (shop_id, order_no));
CREATE TABLE crew (id integer PRIMARY KEY, name text, boss_id integer REFERENCES crew (id));
CREATE TABLE plain_flight (id integer PRIMARY KEY, tailnum text REFERENCES plane (tailnum));
INSERT INTO shop VALUES (1, 'Ulm');
INSERT INTO orders VALUES (1, 10, 'here');
