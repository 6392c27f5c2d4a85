CREATE TABLE parent (id integer PRIMARY KEY, code text UNIQUE DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE child (id integer PRIMARY KEY, parent_id integer,
  CONSTRAINT child_parent FOREIGN KEY (parent_id) REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED);
CREATE FUNCTION astray() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF new.parent_id = 2 THEN new.parent_id := 99; END IF; RETURN new; END $$;
CREATE TRIGGER astray BEFORE INSERT ON child FOR EACH ROW EXECUTE FUNCTION astray();
