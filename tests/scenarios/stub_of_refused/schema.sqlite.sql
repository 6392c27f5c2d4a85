CREATE TABLE shop (id integer PRIMARY KEY AUTOINCREMENT, region_id integer REFERENCES region (id), town text);
CREATE TABLE sale (id integer PRIMARY KEY, shop_id integer REFERENCES shop (id));
CREATE TABLE strict_sale (id integer PRIMARY KEY, shop_id integer REFERENCES shop (id));
