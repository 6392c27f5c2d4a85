CREATE TABLE town (id integer PRIMARY KEY, code text, name text);
CREATE TABLE trip (id integer PRIMARY KEY, town_id integer, town_code text);
