CREATE TABLE item (id integer PRIMARY KEY, name text, stamp text);
CREATE TABLE plain (id integer PRIMARY KEY, name text, stamp text);
CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN new.stamp := 'stamped'; RETURN new; END $$;
CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN new; END $$;
CREATE TRIGGER put_stamp BEFORE INSERT OR UPDATE ON item FOR EACH ROW EXECUTE FUNCTION stamp();
CREATE TRIGGER harmless BEFORE INSERT ON plain FOR EACH ROW EXECUTE FUNCTION nothing();
