DROP TABLE b;
CREATE TABLE b (id integer PRIMARY KEY, amount decimal_text(12,3));
