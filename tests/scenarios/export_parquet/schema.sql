CREATE TABLE people (id integer PRIMARY KEY, name text, born date, paid numeric(12,2), ok boolean, seen timestamp);
INSERT INTO people VALUES (1, 'Ann', '2001-02-03', 10.5, true, '2024-01-02 03:04:05.000'), (2, NULL, NULL, NULL, NULL, NULL);
