CREATE TABLE orders (id integer PRIMARY KEY, shop_id integer, kind varchar(10), total integer);
CREATE TABLE daily (shop_id integer NOT NULL, kind varchar(10) NOT NULL, total integer, PRIMARY KEY (shop_id, kind));
CREATE TABLE shop (shop_id integer PRIMARY KEY, total integer);
CREATE TABLE unkeyed (shop_id integer, orders integer);
