CREATE TABLE orders (id integer PRIMARY KEY, shop integer NOT NULL, status text, posted date, updated timestamp);
CREATE TABLE jobs (id integer PRIMARY KEY, order_id integer NOT NULL REFERENCES orders (id), profit integer);
CREATE TABLE order_snapshots (order_id integer, status text);
CREATE TABLE daily (shop integer, posted date, jobs integer, profit integer, PRIMARY KEY (shop, posted));
