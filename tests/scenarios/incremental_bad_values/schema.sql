CREATE TABLE t (id int4 PRIMARY KEY, small smallint, price numeric(6,2), name varchar(3), day date, note text, at timestamp);
CREATE TABLE d (id int4 PRIMARY KEY, name text, at timestamp);
