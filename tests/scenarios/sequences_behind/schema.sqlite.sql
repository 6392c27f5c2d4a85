CREATE TABLE line (id integer PRIMARY KEY, product text, qty integer, imported boolean NOT NULL DEFAULT false);
CREATE TABLE coded (id integer PRIMARY KEY, code text NOT NULL UNIQUE, name text);
CREATE TABLE ticket (id integer PRIMARY KEY, number integer UNIQUE, name text);
CREATE TABLE ticket_log (id integer PRIMARY KEY, ticket integer, name text);
CREATE TABLE part (id integer PRIMARY KEY, code text REFERENCES coded (code));
CREATE TABLE event (id integer PRIMARY KEY, name text);
CREATE TABLE project (id integer PRIMARY KEY, xmlid text NOT NULL UNIQUE);
CREATE TABLE step (id integer PRIMARY KEY, project_id integer NOT NULL REFERENCES project (id), name text);
