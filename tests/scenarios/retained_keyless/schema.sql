CREATE TABLE job (id integer PRIMARY KEY);
CREATE TABLE line (at text, job_id integer REFERENCES job (id));
