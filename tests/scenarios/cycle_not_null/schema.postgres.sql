CREATE TABLE hen (id integer PRIMARY KEY, egg_id integer NOT NULL);
CREATE TABLE egg (id integer PRIMARY KEY, hen_id integer NOT NULL REFERENCES hen (id) ON DELETE CASCADE);
ALTER TABLE hen ADD CONSTRAINT hen_egg FOREIGN KEY (egg_id) REFERENCES egg (id) ON DELETE CASCADE DEFERRABLE;
CREATE TABLE king (id integer PRIMARY KEY, queen_id integer NOT NULL);
CREATE TABLE queen (id integer PRIMARY KEY, king_id integer NOT NULL REFERENCES king (id));
ALTER TABLE king ADD FOREIGN KEY (queen_id) REFERENCES queen (id);
CREATE FUNCTION astray() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF new.id = 66 THEN new.hen_id := 99; END IF; RETURN new; END $$;
CREATE TRIGGER astray BEFORE INSERT ON egg FOR EACH ROW EXECUTE FUNCTION astray();
