CREATE TABLE team (id integer PRIMARY KEY, xmlid text NOT NULL UNIQUE, name text, origin text DEFAULT 'local');
CREATE TABLE job (id integer PRIMARY KEY, xmlid text NOT NULL UNIQUE, title text, team_id integer REFERENCES team);
CREATE TABLE task (id integer PRIMARY KEY AUTOINCREMENT, job_id integer REFERENCES job, text text);
