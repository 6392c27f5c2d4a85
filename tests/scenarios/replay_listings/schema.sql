CREATE TABLE part (id integer PRIMARY KEY);
CREATE TABLE line (id integer PRIMARY KEY, part_id integer REFERENCES part (id), note text);
CREATE TABLE note (text text, part_id integer REFERENCES part (id));
