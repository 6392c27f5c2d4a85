CREATE TABLE owners (id integer PRIMARY KEY, name text);
CREATE TABLE lines (line_id serial PRIMARY KEY, job integer, text text);
CREATE TABLE parts (id integer PRIMARY KEY, job integer, name text);
CREATE TABLE visits (id integer PRIMARY KEY, owner integer REFERENCES owners, note text);
