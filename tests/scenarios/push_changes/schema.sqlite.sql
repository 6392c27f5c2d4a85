CREATE TABLE clients (id integer PRIMARY KEY, name text, source text);
CREATE TABLE jobs (id integer PRIMARY KEY, client_id integer REFERENCES clients (id), hours integer, source text);
CREATE TABLE tasks (id integer PRIMARY KEY, job_id integer NOT NULL, line integer NOT NULL, note text, source text, UNIQUE (job_id, line));
