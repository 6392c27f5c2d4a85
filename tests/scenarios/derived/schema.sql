CREATE TABLE orders (id integer PRIMARY KEY, shop_id integer, day date, total integer);
CREATE TABLE daily (shop_id integer, day date, orders integer NOT NULL, total integer NOT NULL CHECK (total < 100000), PRIMARY KEY (shop_id, day));
CREATE TABLE shop (shop_id integer PRIMARY KEY, total integer NOT NULL);
