CREATE TABLE users (id integer PRIMARY KEY, name text);
CREATE TABLE job (id integer PRIMARY KEY, user_id integer REFERENCES users (id), title text);
CREATE TABLE part (id integer PRIMARY KEY, job_id integer REFERENCES job (id));
INSERT INTO users VALUES (1, 'Ann');
