CREATE TABLE parts (id integer PRIMARY KEY, order_id integer NOT NULL, name text, qty integer, maker text);
CREATE TABLE strict (id integer PRIMARY KEY, order_id integer, qty integer);
CREATE TABLE nulled (id integer PRIMARY KEY, name text DEFAULT 'none', note text);
CREATE TABLE kept (id integer PRIMARY KEY, name text, note text DEFAULT 'as it was');
CREATE TABLE tuples (id integer PRIMARY KEY, name text);
