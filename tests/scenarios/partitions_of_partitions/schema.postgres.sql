CREATE TABLE sale (year integer, id integer, place text NOT NULL, amount numeric(8,2), PRIMARY KEY (year, id)) PARTITION BY LIST (year);
CREATE TABLE sale_2023 PARTITION OF sale FOR VALUES IN (2023) PARTITION BY RANGE (id);
CREATE TABLE sale_2023_low PARTITION OF sale_2023 FOR VALUES FROM (0) TO (100);
-- A partition may have its columns in another order, and holes where some were dropped.
CREATE TABLE sale_2023_high (gone text, amount numeric(8,2), place text NOT NULL, id integer NOT NULL, year integer NOT NULL);
ALTER TABLE sale_2023_high DROP COLUMN gone;
ALTER TABLE sale_2023 ATTACH PARTITION sale_2023_high FOR VALUES FROM (100) TO (200);
CREATE TABLE sale_2024 PARTITION OF sale FOR VALUES IN (2024);
CREATE TABLE line (year integer, sale integer, n integer, PRIMARY KEY (year, sale, n), FOREIGN KEY (year, sale) REFERENCES sale (year, id));
