CREATE TABLE part (id integer PRIMARY KEY);
CREATE TABLE line (id integer PRIMARY KEY, order_id integer, part_id integer REFERENCES part (id), at timestamp);
INSERT INTO part VALUES (1), (2);
