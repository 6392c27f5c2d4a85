-- Another server: here this one, by its own socket.
CREATE EXTENSION postgres_fdw;
DO $$ BEGIN
  EXECUTE format('CREATE SERVER desktop FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host %L, port %L, dbname %L)',
                 split_part(current_setting('unix_socket_directories'), ',', 1), current_setting('port'), current_database());
  EXECUTE format('CREATE USER MAPPING FOR CURRENT_USER SERVER desktop OPTIONS (user %L)', current_user);
END $$;
CREATE FOREIGN TABLE legacy_jobs (id integer, title text, changed timestamp) SERVER desktop OPTIONS (table_name 'desktop_jobs');
