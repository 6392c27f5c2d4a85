CREATE TABLE p (id integer PRIMARY KEY, name text, ok boolean, n numeric(8,2), t timestamp);
CREATE TABLE "select" (id integer REFERENCES p (id));
