CREATE TABLE users (id integer PRIMARY KEY, name text);
CREATE TABLE strict_job (id integer PRIMARY KEY, user_id integer REFERENCES users (id));
CREATE TABLE loose_job (id integer PRIMARY KEY, user_id integer REFERENCES users (id), title text);
CREATE TABLE told_job (id integer PRIMARY KEY, user_id integer);
INSERT INTO users VALUES (1, 'Ann');
