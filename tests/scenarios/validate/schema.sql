CREATE TABLE kinds (kind text PRIMARY KEY);
CREATE TABLE items (id integer PRIMARY KEY, code text, kind text, state text, price numeric(9,2));
INSERT INTO kinds VALUES ('nut');
INSERT INTO items VALUES (1, 'AB1', 'nut', 'new', 10.5), (2, 'AB2', 'nut', 'it''s old', 10.5), (3, 'AB3', NULL, NULL, 0.5);
