CREATE TABLE item (id integer PRIMARY KEY, name varchar(5) NOT NULL, amount smallint, made date, kind text);
CREATE TABLE part (id integer PRIMARY KEY, item_id integer NOT NULL REFERENCES item (id), note text);
