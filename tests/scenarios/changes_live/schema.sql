CREATE TABLE items (id integer PRIMARY KEY, v integer UNIQUE, origin char(1));
CREATE TABLE notes (note text);
