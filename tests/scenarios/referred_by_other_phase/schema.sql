CREATE TABLE shop (id integer PRIMARY KEY, name text);
CREATE TABLE tag (id integer PRIMARY KEY, shop_id integer);
