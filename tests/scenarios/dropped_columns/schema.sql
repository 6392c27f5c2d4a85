CREATE TABLE parent (gone integer, id integer, name text, gone_too text, PRIMARY KEY (id));
CREATE TABLE child (first text, id integer PRIMARY KEY, gone text, parent integer REFERENCES parent (id), note varchar(5));
ALTER TABLE parent DROP COLUMN gone;
ALTER TABLE parent DROP COLUMN gone_too;
ALTER TABLE child DROP COLUMN gone;
ALTER TABLE parent ADD COLUMN late text;
