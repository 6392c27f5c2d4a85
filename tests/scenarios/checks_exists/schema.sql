CREATE TABLE events (id integer PRIMARY KEY, name text, xmlid text);
CREATE TABLE posts (id integer PRIMARY KEY, event_id integer, title text);
INSERT INTO events VALUES (1, 'Ball', 'event-1');
INSERT INTO posts VALUES (1, 1, 'News');
