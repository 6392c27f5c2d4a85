CREATE TABLE sales (id integer PRIMARY KEY, amount bigint, small smallint, sold timestamptz, day date, note text);
CREATE TABLE from_files (id integer PRIMARY KEY, amount bigint, sold timestamptz, day date);
CREATE TABLE raw_sales (id integer PRIMARY KEY, amount text, sold text);
CREATE TABLE from_table (id integer PRIMARY KEY, amount bigint, sold timestamptz, day date);
CREATE TABLE wrong (id integer PRIMARY KEY, flag boolean, name text);
INSERT INTO raw_sales VALUES (1, '12.1', '2024-03-10 03:30:00-04:00'), (2, NULL, NULL);
