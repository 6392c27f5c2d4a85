CREATE TABLE region (id integer PRIMARY KEY);
CREATE TABLE shop (id integer PRIMARY KEY, region_id integer NOT NULL REFERENCES region (id), name text);
CREATE TABLE sale (id integer PRIMARY KEY, shop_id integer NOT NULL REFERENCES shop (id), at timestamptz, paid boolean, mine boolean);
CREATE TABLE log (id integer PRIMARY KEY, text text);
