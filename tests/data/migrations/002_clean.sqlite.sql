CREATE TRIGGER clean_place AFTER INSERT ON places BEGIN
  UPDATE places SET name = trim(name) WHERE id = NEW.id;
END;
