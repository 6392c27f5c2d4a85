CREATE TABLE lines (id integer PRIMARY KEY, order_id integer, name text);
CREATE TABLE fees (order_id integer, job_id integer, name text);
