CREATE TABLE sale (id integer, year integer CHECK (year IN (2023, 2024)), amount numeric(8,2), PRIMARY KEY (id, year));
