CREATE TABLE parent (id integer PRIMARY KEY);
CREATE TABLE large (id integer PRIMARY KEY, parent_id integer NOT NULL REFERENCES parent);
INSERT INTO parent VALUES (1), (2);
