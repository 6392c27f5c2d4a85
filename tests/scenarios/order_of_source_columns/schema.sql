CREATE TABLE legacy (id integer, v text, ver integer);
CREATE TABLE copied (id integer PRIMARY KEY, v text);
CREATE TABLE raw_orders (id integer, version integer, doc text);
CREATE TABLE parts (id integer PRIMARY KEY, order_id integer);
CREATE TABLE latest (id integer PRIMARY KEY, v text);
INSERT INTO legacy VALUES (1, 'nine', 9);
INSERT INTO raw_orders VALUES (1, 9, '{"id": 1, "parts": [{"id": 11}]}');
