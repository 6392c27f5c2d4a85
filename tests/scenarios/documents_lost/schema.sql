CREATE TABLE orders (id integer PRIMARY KEY, status text);
CREATE TABLE lines (id integer PRIMARY KEY, order_id integer REFERENCES orders (id), qty integer);
CREATE TABLE fees (order_id integer, job_id integer, nr integer, name text, PRIMARY KEY (order_id, job_id, nr));
