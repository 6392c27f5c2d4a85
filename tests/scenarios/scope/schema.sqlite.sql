CREATE TABLE fee (id integer PRIMARY KEY, order_no integer NOT NULL, kind text NOT NULL, amount integer);
