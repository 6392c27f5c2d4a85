CREATE TABLE old_jobs (job_id integer, customer text, cents integer, state text);
INSERT INTO old_jobs VALUES (1, 'Ann', 1250, 'open'), (2, 'Bob', 99, 'done'), (3, 'Ann', 5, 'open');
CREATE TABLE jobs (id integer PRIMARY KEY, customer text, amount numeric(10,2), open boolean);
CREATE TABLE totals (customer text PRIMARY KEY, jobs integer);
