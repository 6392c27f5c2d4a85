CREATE TABLE region (id integer PRIMARY KEY, name text);
CREATE TABLE shop (id integer PRIMARY KEY, region_id integer NOT NULL REFERENCES region (id));
CREATE TABLE sale (id integer PRIMARY KEY, shop_id integer NOT NULL REFERENCES shop (id));
CREATE TABLE line (id integer PRIMARY KEY, sale_id integer NOT NULL REFERENCES sale (id));
CREATE TABLE employee (id integer PRIMARY KEY, name text, boss_id integer REFERENCES employee (id));
INSERT INTO region VALUES (1, 'north');
