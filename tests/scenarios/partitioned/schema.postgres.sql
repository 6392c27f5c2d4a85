CREATE TABLE sale (id integer, year integer, amount numeric(8,2), PRIMARY KEY (id, year)) PARTITION BY LIST (year);
CREATE TABLE sale_2023 PARTITION OF sale FOR VALUES IN (2023);
CREATE TABLE sale_2024 PARTITION OF sale FOR VALUES IN (2024);
