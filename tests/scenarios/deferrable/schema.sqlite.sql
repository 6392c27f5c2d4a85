CREATE TABLE parent (id integer PRIMARY KEY, code text UNIQUE);
CREATE TABLE child (id integer PRIMARY KEY, parent_id integer REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED);
CREATE TRIGGER astray AFTER INSERT ON child WHEN new.parent_id = 2 BEGIN UPDATE child SET parent_id = 99 WHERE id = new.id; END;
