CREATE TABLE employee (id integer PRIMARY KEY, name text, boss_id integer REFERENCES employee (id));
