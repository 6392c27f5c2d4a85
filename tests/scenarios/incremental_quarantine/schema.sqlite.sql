DROP TABLE sale;
CREATE TABLE sale (id integer PRIMARY KEY, shop_id integer REFERENCES shop (id), note text, amount decimal_text(20,6), at timestamp);
