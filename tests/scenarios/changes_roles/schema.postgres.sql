CREATE TABLE t (id integer PRIMARY KEY, name text, imported boolean NOT NULL DEFAULT true);
DO $$ BEGIN CREATE ROLE cutover_clerk; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON t TO cutover_clerk;
-- An operator that would run as whoever compares a name with a text.
CREATE SCHEMA trap;
GRANT USAGE ON SCHEMA trap TO cutover_clerk;
CREATE FUNCTION trap.same(name, text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE 'trapped as %', current_user; END $$;
CREATE OPERATOR trap.= (FUNCTION = trap.same, LEFTARG = name, RIGHTARG = text);
CREATE TABLE other (id integer PRIMARY KEY);
