CREATE TABLE pet (id integer PRIMARY KEY, xmlid text NOT NULL UNIQUE, owner text);
