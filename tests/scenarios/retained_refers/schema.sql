CREATE TABLE region (id integer PRIMARY KEY);
CREATE TABLE users (id integer PRIMARY KEY, name text, region_id integer REFERENCES region (id));
CREATE TABLE job (id integer PRIMARY KEY, user_id integer REFERENCES users (id), kind integer NOT NULL);
CREATE TABLE note (id integer PRIMARY KEY, user_id integer REFERENCES users (id), kind integer NOT NULL);
CREATE TABLE line (at text, user_id integer REFERENCES users (id), kind integer NOT NULL);
