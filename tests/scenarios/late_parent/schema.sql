CREATE TABLE orders (id bigint PRIMARY KEY, updated timestamp);
CREATE TABLE lines (id bigint PRIMARY KEY, order_id bigint NOT NULL REFERENCES orders);
