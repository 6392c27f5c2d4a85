CREATE TABLE profile (id integer PRIMARY KEY, uid text, office text, note text);
CREATE TABLE shop (shop_no integer PRIMARY KEY, town text);
CREATE TABLE client (id integer PRIMARY KEY, name text, lead_id integer REFERENCES profile (id), lead_name text, shop_no bigint,
                     boss_id integer REFERENCES client (id));
CREATE TABLE visit (id integer PRIMARY KEY, lead_id integer);
INSERT INTO profile VALUES (7, 'u7', 'north', NULL), (8, 'u8', 'north', NULL);
INSERT INTO shop VALUES (1, 'Ulm'), (2, 'Bonn');
