CREATE TABLE orders (id integer PRIMARY KEY, shop_id integer, day date, profit integer);
CREATE TABLE theirs (shop_id integer, day date, profit integer, PRIMARY KEY (shop_id, day));
CREATE TABLE daily (shop_id integer, day date, profit integer, PRIMARY KEY (shop_id, day));
