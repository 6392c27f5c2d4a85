CREATE TABLE orders (id integer PRIMARY KEY, shop_id integer, total integer);
CREATE TABLE daily (shop_id integer PRIMARY KEY, orders integer, total integer);
CREATE TABLE visit (id integer PRIMARY KEY, order_id integer REFERENCES orders (id), shop_id integer);
CREATE TABLE note (id integer PRIMARY KEY, status text);
