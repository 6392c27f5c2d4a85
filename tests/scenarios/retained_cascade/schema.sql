CREATE TABLE users (id integer PRIMARY KEY, name text);
CREATE TABLE job (id integer PRIMARY KEY, user_id integer REFERENCES users (id) ON DELETE CASCADE, kind integer NOT NULL);
CREATE TABLE note (id integer PRIMARY KEY, user_id integer REFERENCES users (id) ON DELETE SET NULL, kind integer NOT NULL);
CREATE TABLE part (id integer PRIMARY KEY, job_id integer NOT NULL REFERENCES job (id));
