CREATE TABLE orders (id integer PRIMARY KEY, status varchar(20), total_cents integer, note text);
CREATE TABLE line (order_id integer, no integer, status integer, PRIMARY KEY (order_id, no));
