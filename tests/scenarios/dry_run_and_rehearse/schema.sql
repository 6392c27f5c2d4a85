CREATE TABLE users (id integer PRIMARY KEY, name text);
CREATE TABLE job (id integer PRIMARY KEY, user_id integer REFERENCES users (id));
INSERT INTO users VALUES (1, 'Ann'), (2, 'Bob');
INSERT INTO job VALUES (10, 1), (11, 2);
