.load ./cutover
.mode box
PRAGMA foreign_keys = ON;

.print
.print "The nycflights13 exports: five Parquet files, 367,687 rows. The tables wait for them, empty, with"
.print "primary and foreign keys (schema.sqlite.sql). One airline in them was made here, by hand."
.read schema.sqlite.sql
INSERT INTO airlines (carrier, name) VALUES ('ZZ', 'Made here, not imported');

.print
.print "1. Load the plan: phase \"reference\" (airlines, airports, planes), then \"operations\" (weather, flights)."
.print
.print "   SELECT load_plan('plan.json');"
SELECT load_plan('plan.json') AS load_plan;

.print
.print "2. A dry run of the first phase: every check and every count, and not a row written."
.print
.print "   SELECT sync_phase('reference', '{\"dry_run\": true}');"
.once /dev/null
SELECT sync_phase('reference', '{"dry_run": true}');
SELECT table_name, staged, inserted, updated, unchanged, deleted, preserved, quarantined FROM cutover_last_report;
SELECT (SELECT count(*) FROM airlines) AS airlines, (SELECT count(*) FROM airports) AS airports,
       (SELECT count(*) FROM planes) AS planes;

.print
.print "3. Both phases for real. Flights that refer to a plane or an airport that nobody knows are not lost and"
.print "   not let in either: they go to the quarantine."
.print
.print "   SELECT sync_phases('reference', 'operations');"
.once /dev/null
SELECT sync_phases('reference', 'operations');
SELECT phase, table_name, staged, inserted, updated, unchanged, deleted, preserved, quarantined, elapsed_ms
FROM cutover_last_report;

.print "   The tables themselves say the same: 336,776 flights staged = 280,481 written + 56,295 in quarantine."
SELECT f.written, q.quarantined, f.written + q.quarantined AS staged
FROM (SELECT count(*) AS written FROM flights WHERE imported) f,
     (SELECT count(*) AS quarantined FROM cutover_quarantine WHERE table_name LIKE '%flights') q;

.print "   And why:"
SELECT reason, detail, count(*) AS flights FROM cutover_quarantine GROUP BY reason, detail ORDER BY flights DESC;
SELECT row_key, detail FROM cutover_quarantine ORDER BY row_key LIMIT 3;

.print
.print "4. The same again. Nothing has changed, so nothing is written to them."
.print
.print "   SELECT sync_phase('operations');"
.once /dev/null
SELECT sync_phase('operations');
SELECT table_name, staged, inserted, updated, unchanged, deleted, preserved, quarantined
FROM cutover_last_report WHERE phase = 'operations';

.print
.print "5. The old system goes on: in its next export 100 flights have other delays, 40 are gone, 3 are new."
.print "   (The demo makes that export itself, out of the old one, with import_parquet and export_parquet.)"
.once /dev/null
SELECT import_parquet('exports/flights.parquet', '{"target": "next_export"}');
CREATE TEMP TABLE chosen AS
    SELECT flight_id, row_number() OVER (ORDER BY flight_id) AS n FROM flights WHERE imported ORDER BY flight_id LIMIT 143;
UPDATE next_export SET arr_delay = coalesce(arr_delay, 0) + 2000
    WHERE flight_id IN (SELECT flight_id FROM chosen WHERE n <= 100);
INSERT INTO next_export
    SELECT flight_id + 1000000, year, month, day, dep_time, sched_dep_time, dep_delay, arr_time, sched_arr_time, arr_delay,
           carrier, flight, tailnum, origin, dest, air_time, distance, hour, minute, time_hour
    FROM next_export WHERE flight_id IN (SELECT flight_id FROM chosen WHERE n BETWEEN 101 AND 103);
DELETE FROM next_export WHERE flight_id IN (SELECT flight_id FROM chosen WHERE n > 103);
.print
.print "   SELECT export_parquet('next_export', 'exports/flights.parquet', '{\"overwrite\": true}');"
SELECT export_parquet('next_export', 'exports/flights.parquet', '{"overwrite": true}') AS exported;
DROP TABLE next_export;
.print "   SELECT sync_phase('operations');"
.once /dev/null
SELECT sync_phase('operations');
SELECT table_name, staged, inserted, updated, unchanged, deleted, preserved, quarantined
FROM cutover_last_report WHERE phase = 'operations';

.print
.print "6. A damaged file, cut off in the middle: refused before anything is touched."
.shell head -c 3000000 exports/flights.parquet > exports/cut && mv exports/cut exports/flights.parquet
.print
.print "   SELECT sync_phase('operations');"
SELECT sync_phase('operations');
.print "   The flights are as they were:"
SELECT count(*) AS flights, sum(arr_delay > 1500) AS of_which_changed FROM flights;

.print
.print "7. And the airline that was made here has survived all of it."
SELECT carrier, name, imported FROM airlines WHERE NOT imported;
