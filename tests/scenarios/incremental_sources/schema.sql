CREATE TABLE old (id integer PRIMARY KEY, name text, amount numeric(9,2), seen timestamptz);
CREATE TABLE a (id integer PRIMARY KEY, name text, amount numeric(9,2), seen timestamptz);
CREATE TABLE b (id integer PRIMARY KEY, name text);
CREATE TABLE c (id integer PRIMARY KEY, name text, seen timestamptz);
INSERT INTO old VALUES (1, 'one', 1.5, '2024-01-01 08:00:00Z'), (2, 'two', 2, '2024-01-02 08:00:00.250Z');
