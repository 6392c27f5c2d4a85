CREATE TABLE t (id integer PRIMARY KEY, name text);
CREATE TABLE hidden (id integer PRIMARY KEY, name text, owner_name text DEFAULT current_user);
DO $$ BEGIN CREATE ROLE cutover_reader; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
GRANT ALL ON t, hidden TO cutover_reader;
GRANT USAGE ON SCHEMA cutover TO cutover_reader;
ALTER TABLE hidden ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON hidden USING (owner_name = current_user);
