-- The other server: here this one, by its own socket.
CREATE SCHEMA there;
CREATE TABLE there.clients (id integer PRIMARY KEY, name text COLLATE "C", source text);
CREATE TABLE there.jobs (id integer PRIMARY KEY, client_id integer REFERENCES there.clients (id), hours numeric(6,2) CHECK (hours >= 0));
CREATE TABLE there.tasks (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, job_id integer, line integer, note text, source text);
CREATE TABLE there.writes (table_name text, op text);
CREATE TABLE there.loose (id integer, name text);
CREATE FUNCTION there.note() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN INSERT INTO there.writes VALUES (TG_TABLE_NAME, lower(TG_OP)); RETURN NULL; END $$;
CREATE TRIGGER note AFTER INSERT OR UPDATE OR DELETE ON there.clients FOR EACH ROW EXECUTE FUNCTION there.note();
CREATE TRIGGER note AFTER INSERT OR UPDATE OR DELETE ON there.jobs FOR EACH ROW EXECUTE FUNCTION there.note();
CREATE TRIGGER note AFTER INSERT OR UPDATE OR DELETE ON there.tasks FOR EACH ROW EXECUTE FUNCTION there.note();
CREATE EXTENSION postgres_fdw;
DO $$ BEGIN
  EXECUTE format('CREATE SERVER cloud FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host %L, port %L, dbname %L, fetch_size %L, batch_size %L)',
                 split_part(current_setting('unix_socket_directories'), ',', 1), current_setting('port'), current_database(), '10000', '1000');
  EXECUTE format('CREATE USER MAPPING FOR CURRENT_USER SERVER cloud OPTIONS (user %L)', current_user);
END $$;
CREATE SCHEMA cloud;
IMPORT FOREIGN SCHEMA there EXCEPT (tasks) FROM SERVER cloud INTO cloud;
-- Without its id, which the other side generates.
CREATE FOREIGN TABLE cloud.tasks (job_id integer, line integer, note text, source text) SERVER cloud OPTIONS (schema_name 'there');
