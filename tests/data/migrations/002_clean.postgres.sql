CREATE FUNCTION clean_place() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.name := trim(NEW.name); RETURN NEW; END $$;
CREATE TRIGGER clean_place BEFORE INSERT ON places FOR EACH ROW EXECUTE FUNCTION clean_place();
