CREATE TABLE team (id serial PRIMARY KEY, xmlid text NOT NULL UNIQUE, name text, origin text DEFAULT 'local');
CREATE TABLE job (id serial PRIMARY KEY, xmlid text NOT NULL UNIQUE, title text, team_id integer REFERENCES team);
CREATE TABLE task (id serial PRIMARY KEY, job_id integer REFERENCES job, text text);
