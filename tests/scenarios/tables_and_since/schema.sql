CREATE TABLE shop (id integer PRIMARY KEY, name text);
CREATE TABLE sale (id integer PRIMARY KEY, shop_id integer REFERENCES shop (id), at timestamp);
CREATE TABLE other (id integer PRIMARY KEY);
