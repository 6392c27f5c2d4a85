CREATE TABLE made (id int NOT NULL PRIMARY KEY, xmlid text NOT NULL UNIQUE, name text);
CREATE TABLE needy (xmlid text NOT NULL PRIMARY KEY, code text NOT NULL, name text);
CREATE TABLE filled (id int NOT NULL DEFAULT 7 PRIMARY KEY, xmlid text NOT NULL UNIQUE, name text);
INSERT INTO made VALUES (4, 'm-1', 'old');
