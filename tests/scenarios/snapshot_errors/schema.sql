CREATE TABLE orders (id integer PRIMARY KEY, status text, posted_on date);
CREATE TABLE snap (order_id integer NOT NULL, status text, amount integer);
CREATE TABLE replaced (id integer PRIMARY KEY, status text);
CREATE VIEW seen AS SELECT * FROM snap;
CREATE TABLE app_log (order_id integer PRIMARY KEY, status text);
