CREATE TABLE customers (id integer PRIMARY KEY, name text, phone text);
CREATE TABLE orders (id integer PRIMARY KEY, shop integer NOT NULL, customer_id integer REFERENCES customers (id), status text, first_tag text, opened date, total integer);
CREATE TABLE jobs (id integer PRIMARY KEY, order_id integer NOT NULL REFERENCES orders (id), name text, tech text);
CREATE TABLE parts (id integer PRIMARY KEY, job_id integer NOT NULL REFERENCES jobs (id), order_id integer NOT NULL, name text, cost integer);
CREATE TABLE tags (order_id integer, tag text, PRIMARY KEY (order_id, tag));
