CREATE TABLE shop (id integer PRIMARY KEY, name text);
CREATE TABLE note (id integer PRIMARY KEY, shop_id integer REFERENCES shop (id) ON DELETE CASCADE, body text);
CREATE TABLE sale (id integer PRIMARY KEY, shop_id integer NOT NULL REFERENCES shop (id) ON DELETE CASCADE);
CREATE TABLE firm (id integer PRIMARY KEY, name text);
CREATE TABLE visit (id integer PRIMARY KEY, firm_id integer NOT NULL REFERENCES firm (id));
