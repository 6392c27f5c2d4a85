CREATE TABLE warned (id integer PRIMARY KEY, name text, city text, note text, source char(1) NOT NULL DEFAULT 'M');
CREATE TABLE strict (id integer PRIMARY KEY, name text, city text, note text, source char(1) NOT NULL DEFAULT 'M');
CREATE TABLE refused (id integer PRIMARY KEY, name text, city text, note text, source char(1) NOT NULL DEFAULT 'M');
CREATE TABLE child (id integer PRIMARY KEY, refused_id integer REFERENCES refused (id));
CREATE TABLE carried (id integer PRIMARY KEY, name text, source char(1) NOT NULL DEFAULT 'M');
INSERT INTO warned VALUES (1, 'Ann', NULL, 'mine', 'M'), (2, 'Bob', NULL, 'mine', 'M'), (3, 'Cid', 'Rome', 'mine', 'M');
INSERT INTO strict VALUES (1, 'Ann', NULL, 'mine', 'M'), (2, 'Bob', NULL, 'mine', 'M'), (3, 'Cid', 'Rome', 'mine', 'M');
INSERT INTO refused VALUES (1, 'Ann', NULL, 'mine', 'M'), (2, 'Bob', NULL, 'mine', 'M'), (3, 'Cid', 'Rome', 'mine', 'M');
INSERT INTO carried VALUES (1, 'Ann', 'M'), (2, 'Bob', 'M');
