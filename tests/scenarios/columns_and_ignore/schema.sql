CREATE TABLE jobs (id integer PRIMARY KEY, job_number text, title text, touched text DEFAULT 'never', local_note text);
