CREATE TABLE grandchild (id integer PRIMARY KEY, child_id integer NOT NULL);
CREATE TABLE parent (id integer PRIMARY KEY, name text);
CREATE TABLE child (id integer PRIMARY KEY, parent_id integer NOT NULL REFERENCES parent (id));
DROP TABLE grandchild;
CREATE TABLE grandchild (id integer PRIMARY KEY, child_id integer NOT NULL REFERENCES child (id));
