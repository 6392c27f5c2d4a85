CREATE TABLE clients (id integer PRIMARY KEY, name text UNIQUE);
CREATE TABLE "odd jobs" (id integer PRIMARY KEY, client_id integer REFERENCES clients ON DELETE CASCADE, note text);
CREATE TABLE notes (id integer PRIMARY KEY, job_id integer REFERENCES "odd jobs" ON DELETE SET NULL);
CREATE TABLE middle (id integer PRIMARY KEY, client_id integer REFERENCES clients ON DELETE CASCADE);
CREATE TABLE beyond (id integer PRIMARY KEY, middle_id integer REFERENCES middle ON DELETE CASCADE);
