CREATE TABLE town (id serial PRIMARY KEY, code text, name text);
CREATE TABLE trip (id integer PRIMARY KEY, town_id integer, town_code text);
