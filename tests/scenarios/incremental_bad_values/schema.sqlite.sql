DROP TABLE t;
CREATE TABLE t (id int4 PRIMARY KEY, small smallint, price decimal_text(6,2), name varchar(3), day date, note text, at timestamp);
