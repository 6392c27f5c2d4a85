CREATE TABLE hen (id integer PRIMARY KEY, egg_id integer NOT NULL REFERENCES egg (id) ON DELETE CASCADE);
CREATE TABLE egg (id integer PRIMARY KEY, hen_id integer NOT NULL REFERENCES hen (id) ON DELETE CASCADE);
CREATE TABLE king (id integer PRIMARY KEY, queen_id integer NOT NULL REFERENCES queen (id));
CREATE TABLE queen (id integer PRIMARY KEY, king_id integer NOT NULL REFERENCES king (id));
CREATE TRIGGER astray AFTER INSERT ON egg WHEN new.id = 66 BEGIN UPDATE egg SET hen_id = 99 WHERE id = 66; END;
