CREATE TABLE orders (id integer PRIMARY KEY, shop_id integer, title text, updated_at timestamp);
CREATE TABLE events (id integer PRIMARY KEY, what text);
