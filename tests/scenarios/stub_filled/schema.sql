CREATE TABLE owner (id integer PRIMARY KEY, code text UNIQUE);
CREATE TABLE pet (id integer PRIMARY KEY, owner_id integer REFERENCES owner (id));
CREATE TABLE tag (id integer PRIMARY KEY, owner_id integer);
