CREATE TABLE orders (id integer PRIMARY KEY, status text);
CREATE TABLE jobs (id integer PRIMARY KEY, order_id integer);
CREATE TABLE notes (id integer PRIMARY KEY, body text);
CREATE TABLE raw_notes (id integer PRIMARY KEY, doc text);
INSERT INTO raw_notes VALUES (1, '{"id": 1, "body": "one"}'), (2, NULL), (3, 'none');
