CREATE TABLE orders (id integer PRIMARY KEY, shop_id integer, day date, total integer, at integer);
CREATE TABLE daily (shop_id integer, day date, total integer, PRIMARY KEY (shop_id, day));
CREATE TABLE shop (shop_id integer PRIMARY KEY, total integer);
CREATE TABLE country (name text PRIMARY KEY, total integer);
