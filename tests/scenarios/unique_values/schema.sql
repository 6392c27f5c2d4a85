CREATE TABLE people (id integer PRIMARY KEY, email text UNIQUE);
CREATE TABLE notes (id integer PRIMARY KEY, person integer REFERENCES people (id) ON DELETE CASCADE, reply_to integer REFERENCES notes (id), body text);
