CREATE TABLE loose (id integer PRIMARY KEY, name text, seq text);
INSERT INTO loose VALUES (1, 'nine', '9'), (2, 'ten', '10');
