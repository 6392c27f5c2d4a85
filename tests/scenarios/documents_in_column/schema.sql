CREATE TABLE orders (id integer PRIMARY KEY, shop integer, fetched integer, status text);
CREATE TABLE lines (order_id integer, nr integer, name text, raw_id integer, PRIMARY KEY (order_id, nr));
CREATE TABLE queried (id integer PRIMARY KEY, status text);
CREATE TABLE unpacked (id integer PRIMARY KEY, name text);
