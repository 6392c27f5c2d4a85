CREATE TABLE t (id smallint PRIMARY KEY, note text, at timestamp);
CREATE TABLE line (id integer PRIMARY KEY, order_id integer, note text, at timestamp);
