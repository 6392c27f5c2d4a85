\pset border 2
\pset linestyle unicode
\pset footer off
\set ON_ERROR_STOP on

\echo
\echo 'The nycflights13 exports: five Parquet files, 367,687 rows. The tables wait for them, empty, with'
\echo 'primary and foreign keys (schema.postgres.sql). One airline in them was made here, by hand.'
CREATE EXTENSION cutover;
\ir schema.postgres.sql
INSERT INTO airlines (carrier, name) VALUES ('ZZ', 'Made here, not imported');
\echo
\echo '1. Load the plan: phase "reference" (airlines, airports, planes), then "operations" (weather, flights).'
\echo
\set plan :work/plan.json
\echo '   SELECT cutover.load_plan(''plan.json'');'
SELECT cutover.load_plan(:'plan');

\echo '2. A dry run of the first phase: every check and every count, and not a row written.'
\echo
\echo '   SELECT * FROM cutover.sync_phase(''reference'', dry_run => true);'
SELECT table_name, staged, inserted, updated, unchanged, deleted, preserved, quarantined
FROM cutover.sync_phase('reference', dry_run => true);
SELECT (SELECT count(*) FROM airlines) AS airlines, (SELECT count(*) FROM airports) AS airports,
       (SELECT count(*) FROM planes) AS planes;

\echo '3. Both phases for real. Flights that refer to a plane or an airport that nobody knows are not lost and'
\echo '   not let in either: they go to the quarantine.'
\echo
\echo '   SELECT * FROM cutover.sync_phases(''reference'', ''operations'');'
SELECT phase, table_name, staged, inserted, updated, unchanged, deleted, preserved, quarantined, elapsed_ms
FROM cutover.sync_phases('reference', 'operations');
\echo '   The tables themselves say the same: 336,776 flights staged = 280,481 written + 56,295 in quarantine.'
SELECT f.written, q.quarantined, f.written + q.quarantined AS staged
FROM (SELECT count(*) AS written FROM flights WHERE imported) f,
     (SELECT count(*) AS quarantined FROM cutover.quarantine WHERE table_name LIKE '%flights') q;

\echo '   And why:'
SELECT reason, detail, count(*) AS flights FROM cutover.quarantine GROUP BY reason, detail ORDER BY flights DESC;
SELECT row_key, detail FROM cutover.quarantine ORDER BY row_key COLLATE "C" LIMIT 3;

\echo '4. The same again. Nothing has changed, so nothing is written to them.'
\echo
\echo '   SELECT * FROM cutover.sync_phase(''operations'');'
SELECT table_name, staged, inserted, updated, unchanged, deleted, preserved, quarantined
FROM cutover.sync_phase('operations');

\echo '5. The old system goes on: in its next export 100 flights have other delays, 40 are gone, 3 are new.'
\echo '   (The demo makes that export itself, out of the old one, with import_parquet and export_parquet.)'
\set flights :work/exports/flights.parquet
SELECT staged AS read_from_the_old_export FROM cutover.import_parquet(:'flights', target => 'next_export') \g /dev/null
CREATE TEMP TABLE chosen AS
    SELECT flight_id, row_number() OVER (ORDER BY flight_id) AS n FROM flights WHERE imported ORDER BY flight_id LIMIT 143;
UPDATE next_export SET arr_delay = coalesce(arr_delay, 0) + 2000
    WHERE flight_id IN (SELECT flight_id FROM chosen WHERE n <= 100);
INSERT INTO next_export
    SELECT flight_id + 1000000, year, month, day, dep_time, sched_dep_time, dep_delay, arr_time, sched_arr_time, arr_delay,
           carrier, flight, tailnum, origin, dest, air_time, distance, hour, minute, time_hour
    FROM next_export WHERE flight_id IN (SELECT flight_id FROM chosen WHERE n BETWEEN 101 AND 103);
DELETE FROM next_export WHERE flight_id IN (SELECT flight_id FROM chosen WHERE n > 103);
\echo
\echo '   SELECT cutover.export_parquet(''next_export'', ''exports/flights.parquet'', overwrite => true);'
SELECT cutover.export_parquet('next_export', :'flights', overwrite => true) AS exported;
DROP TABLE next_export;
\echo '   SELECT * FROM cutover.sync_phase(''operations'');'
SELECT table_name, staged, inserted, updated, unchanged, deleted, preserved, quarantined
FROM cutover.sync_phase('operations');

\echo '6. A damaged file, cut off in the middle: refused before anything is touched.'
\setenv CUT :work/exports
\! head -c 3000000 "$CUT/flights.parquet" >"$CUT/cut" && cat "$CUT/cut" >"$CUT/flights.parquet"
\echo
\echo '   SELECT * FROM cutover.sync_phase(''operations'');'
\set ON_ERROR_STOP off
SELECT * FROM cutover.sync_phase('operations');
\set ON_ERROR_STOP on
\echo
\echo '   The flights are as they were:'
SELECT count(*) AS flights, count(*) FILTER (WHERE arr_delay > 1500) AS of_which_changed FROM flights;

\echo '7. And the airline that was made here has survived all of it.'
SELECT carrier, name, imported FROM airlines WHERE NOT imported;
