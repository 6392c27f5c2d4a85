CREATE TABLE product (code text PRIMARY KEY);
INSERT INTO product VALUES ('A'), ('B');
CREATE TABLE part (id integer PRIMARY KEY, shop text, order_no integer, product text REFERENCES product (code), imported boolean NOT NULL DEFAULT false);
CREATE TABLE use (id integer PRIMARY KEY, part_id integer REFERENCES part (id));
INSERT INTO part VALUES (50, 'north', 1, 'A', false);
