CREATE TABLE region (id integer PRIMARY KEY, name text, imported integer NOT NULL);
CREATE TABLE shop (id integer PRIMARY KEY, region_id integer REFERENCES region (id), imported integer NOT NULL);
CREATE TABLE sale (id integer PRIMARY KEY, shop_id integer NOT NULL REFERENCES shop (id) ON DELETE CASCADE, imported integer NOT NULL);
CREATE TABLE tag (id integer PRIMARY KEY, shop_id integer, imported integer NOT NULL);
CREATE TABLE visit (id integer PRIMARY KEY, region_id integer REFERENCES region (id));
