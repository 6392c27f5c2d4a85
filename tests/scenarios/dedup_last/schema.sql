CREATE TABLE client (id integer PRIMARY KEY, name varchar(10), changed timestamp);
CREATE TABLE code (id text PRIMARY KEY, name text);
