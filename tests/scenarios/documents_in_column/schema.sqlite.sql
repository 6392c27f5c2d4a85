CREATE TABLE raw_orders (id integer PRIMARY KEY, shop integer, "Fetched" integer, payload json);
CREATE TABLE raw_texts (id integer PRIMARY KEY, payload text);
CREATE TABLE raw_bytes (id integer PRIMARY KEY, payload blob);
