-- What Tybalt does at night: a Parquet file of every table.
SELECT count(*) AS files, sum(written) AS exported
FROM (SELECT export_parquet(name, 'exports/' || name || '.parquet', '{"overwrite": true}') AS written
      FROM sqlite_schema WHERE type = 'table' AND name <> 'config' AND name NOT LIKE 'cutover%' AND name NOT LIKE 'sqlite%');
