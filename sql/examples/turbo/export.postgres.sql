-- What Tybalt does at night: a Parquet file of every table.
SELECT count(*) AS files, sum(written) AS exported
FROM (SELECT cutover.export_parquet(tablename, :'work' || '/exports/' || tablename || '.parquet', overwrite => true) AS written
      FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'config') t;
