CREATE TABLE orders (id integer PRIMARY KEY, shop_id integer, posted date, total integer);
CREATE TABLE part (id integer PRIMARY KEY, order_id integer REFERENCES orders (id), cost integer);
CREATE TABLE payment (id integer PRIMARY KEY, amount integer);
CREATE TABLE daily (shop_id integer, day date, orders integer, cost integer, CHECK (cost >= 0));
CREATE UNIQUE INDEX daily_key ON daily (shop_id, day);
