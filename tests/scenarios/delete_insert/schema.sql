CREATE TABLE product (code text PRIMARY KEY, name text);
INSERT INTO product VALUES ('A', 'apple'), ('B', 'banana');
