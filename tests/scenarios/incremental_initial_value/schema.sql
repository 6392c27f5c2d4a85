CREATE TABLE events (id integer PRIMARY KEY, what text, seq integer);
