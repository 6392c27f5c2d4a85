CREATE TABLE customers (id integer PRIMARY KEY, name text, age integer);
CREATE TABLE lines (id integer PRIMARY KEY, "order ""no""" text, open boolean, qty integer);
CREATE TABLE fees (order_id numeric(6,2), name text, qty integer);
CREATE TABLE months_source (id integer, month date, qty text);
CREATE TABLE months (id integer PRIMARY KEY, month date, qty integer);
CREATE TABLE sales_source (id integer, shop integer, amount integer);
CREATE TABLE sales (id integer PRIMARY KEY, shop integer, amount integer);
CREATE TABLE totals (shop integer PRIMARY KEY, amount integer NOT NULL);
