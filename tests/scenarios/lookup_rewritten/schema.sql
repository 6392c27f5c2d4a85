CREATE TABLE shop (id integer PRIMARY KEY, code text, name text, badge integer);
CREATE TABLE clerk (id integer PRIMARY KEY, name text, badge integer);
CREATE TABLE visit (id integer PRIMARY KEY, shop_badge integer, clerk_badge integer);
