-- The other server: here this one, by its own socket.
CREATE SCHEMA there;
CREATE TABLE there.people (xmlid text COLLATE "C" NOT NULL PRIMARY KEY, name text COLLATE "C", age integer CHECK (age >= 0));
CREATE TABLE there.writes (table_name text, op text);
CREATE FUNCTION there.note() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN INSERT INTO there.writes VALUES (TG_TABLE_NAME, lower(TG_OP)); RETURN NULL; END $$;
CREATE TRIGGER note AFTER INSERT OR UPDATE OR DELETE ON there.people FOR EACH ROW EXECUTE FUNCTION there.note();
CREATE EXTENSION postgres_fdw;
DO $$ BEGIN
  EXECUTE format('CREATE SERVER cloud FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host %L, port %L, dbname %L)',
                 split_part(current_setting('unix_socket_directories'), ',', 1), current_setting('port'), current_database());
  EXECUTE format('CREATE USER MAPPING FOR CURRENT_USER SERVER cloud OPTIONS (user %L)', current_user);
END $$;
CREATE SCHEMA cloud;
IMPORT FOREIGN SCHEMA there FROM SERVER cloud INTO cloud;
CREATE TABLE pet (id serial PRIMARY KEY, xmlid text NOT NULL UNIQUE, owner text);
