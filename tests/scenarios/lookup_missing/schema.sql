CREATE TABLE profile (id integer PRIMARY KEY, uid text);
CREATE TABLE strict_job (id integer PRIMARY KEY, owner integer);
CREATE TABLE loose_job (id integer PRIMARY KEY, owner integer NOT NULL, title text);
CREATE TABLE part (id integer PRIMARY KEY, job_id integer REFERENCES loose_job (id));
CREATE TABLE small (id integer PRIMARY KEY, code varchar(3));
INSERT INTO profile VALUES (1, 'ann'), (2, 'four');
