CREATE TABLE fee (id serial PRIMARY KEY, order_no integer NOT NULL, kind text NOT NULL, amount integer);
