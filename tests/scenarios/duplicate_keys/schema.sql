CREATE TABLE shop (id integer PRIMARY KEY, name text, size smallint);
CREATE TABLE sale (id integer PRIMARY KEY, shop_id integer NOT NULL REFERENCES shop (id));
