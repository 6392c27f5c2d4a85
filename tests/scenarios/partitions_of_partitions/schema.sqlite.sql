CREATE TABLE sale (year integer CHECK (year IN (2023, 2024)), id integer, place text NOT NULL, amount numeric(8,2), PRIMARY KEY (year, id));
CREATE TABLE line (year integer, sale integer, n integer, PRIMARY KEY (year, sale, n), FOREIGN KEY (year, sale) REFERENCES sale (year, id));
