CREATE TABLE shop (id integer PRIMARY KEY, name text);
CREATE TABLE sale (id integer PRIMARY KEY, shop_id integer REFERENCES shop (id), note text, amount numeric(20,6), at timestamp);
INSERT INTO shop VALUES (1, 'north');
