CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE TRIGGER swallows BEFORE INSERT ON word_log FOR EACH ROW WHEN (NEW.id = 'swallowed') EXECUTE FUNCTION nothing();
DO $$ BEGIN CREATE ROLE cutover_reader; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
GRANT USAGE ON SCHEMA cutover TO cutover_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA cutover TO cutover_reader;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA cutover TO cutover_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO cutover_reader;
GRANT INSERT, UPDATE ON amount_log TO cutover_reader;
