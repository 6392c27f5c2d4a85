CREATE TABLE people (id integer PRIMARY KEY, name text NOT NULL, paid numeric(12,2), "odd name" boolean);
CREATE TABLE pets (owner integer NOT NULL, name text NOT NULL, age integer, PRIMARY KEY (owner, name));
