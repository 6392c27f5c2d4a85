CREATE TABLE orders (id integer PRIMARY KEY, status text);
CREATE TABLE counted (id integer PRIMARY KEY, name text);
CREATE TABLE newest (id integer PRIMARY KEY, name text);
CREATE TABLE told (id integer PRIMARY KEY, name text);
