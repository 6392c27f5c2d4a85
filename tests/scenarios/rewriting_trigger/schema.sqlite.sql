CREATE TABLE item (id integer PRIMARY KEY, name text, stamp text);
CREATE TABLE plain (id integer PRIMARY KEY, name text, stamp text);
CREATE TRIGGER put_stamp AFTER INSERT ON item BEGIN UPDATE item SET stamp = 'stamped' WHERE id = new.id; END;
CREATE TRIGGER harmless AFTER INSERT ON plain BEGIN SELECT 1; END;
