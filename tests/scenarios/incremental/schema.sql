CREATE TABLE jobs (id integer PRIMARY KEY, title text, updated_at timestamp);
CREATE TABLE events (id integer PRIMARY KEY, what text);
