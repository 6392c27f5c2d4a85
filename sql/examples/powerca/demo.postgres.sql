\pset border 2
\pset linestyle unicode
\pset footer off
\set ON_ERROR_STOP on
SET client_min_messages = error;

\echo
\echo 'The desktop of an accountants'' office (database powerca_desktop: 15 tables, 95,244 rows) feeds a cloud (powerca_cloud),'
\echo 'where the staff''s phones write as well. cutover is in the cloud, which has the desktop''s tables as foreign tables, in'
\echo 'schema "desktop". Its own tables are empty; they have the foreign keys that the desktop lacks.'
CREATE EXTENSION cutover;
CREATE EXTENSION postgres_fdw;
CREATE SERVER desktop FOREIGN DATA WRAPPER postgres_fdw OPTIONS (dbname 'powerca_desktop', fetch_size '10000', batch_size '1000');
CREATE USER MAPPING FOR CURRENT_USER SERVER desktop;
CREATE SCHEMA desktop;
IMPORT FOREIGN SCHEMA public FROM SERVER desktop INTO desktop;
\ir schema.postgres.sql
\ir both_sides.sql

\echo
\echo '1. The plan. 12 tables have the desktop''s keys and are upserted, which deletes nothing. The rows of 3 others get a key here;'
\echo '   they become what the desktop has, and are known by what is unique on both sides. Column "source" says whose a row is:'
\echo '   ''D'' or NULL the desktop''s, ''M'' the app''s, which no sync touches.'
\echo
\echo '   SELECT cutover.load_plan(''plan.json'');'
\set plan :work/plan.json
SELECT cutover.load_plan(:'plan');

\echo '2. The first sync, in one transaction. Rows that refer to nothing are left out, and so are those that refer to them.'
\echo
\echo '   SELECT * FROM cutover.sync_all();'
SELECT phase, table_name, write, staged, inserted, updated, unchanged, deleted, preserved, quarantined, elapsed_ms FROM cutover.sync_all();
\echo '   And why: four jobs are of clients whom nobody has kept.'
SELECT table_name, reason, detail, count(*) AS rows FROM cutover.quarantine GROUP BY 1, 2, 3 ORDER BY rows;
CREATE TEMP TABLE first_tasks AS SELECT jt_id, job_id, task_id FROM jobtasks;

\echo '3. The same again, incremental. jobshead is read in full because the plan says so, and the tables with generated keys'
\echo '   because a part of the source must not delete the rest. Nothing has changed, so nothing is written.'
\echo
\echo '   SELECT * FROM cutover.sync_phase(''work'', mode => ''incremental'');'
SELECT table_name, mode, staged, unchanged, inserted, updated, deleted FROM cutover.sync_phase('work', mode => 'incremental');

\echo '4. Ten days. On each the office works on the desktop and the staff on their phones (edits.sql), partly on the same rows;'
\echo '   then both directions are synced. One line per day, added up over all tables.'
\echo
\echo '   SELECT * FROM cutover.sync_all();'
\echo '   SELECT * FROM cutover.push_changes(''masters'');'
\echo '   SELECT * FROM cutover.push_changes(''work'');'
\echo
\echo '                  to the cloud            to the desktop                rows'
\echo '   day     new changed deleted       new changed deleted    desktop    cloud   duplicates'
\set day 0
\ir day.postgres.sql
\ir day.postgres.sql
\ir day.postgres.sql
\ir day.postgres.sql
\ir day.postgres.sql
\ir day.postgres.sql
\ir day.postgres.sql
\ir day.postgres.sql
\ir day.postgres.sql
\ir day.postgres.sql

\echo
\echo '5. Four jobs, as both sides have them now: one done at the office, one that both changed at once (the app''s word stands),'
\echo '   one new at the office, one new in the app.'
SELECT job_id, d.status AS desktop_status, d.source AS desktop_source, c.status AS cloud_status, c.source AS cloud_source
FROM jobshead c JOIN desktop.jobshead d USING (job_id) WHERE job_id IN (101, 7001, 30001, 1000001) ORDER BY job_id;
\echo '   Of the tasks of the first sync, ten were struck at the office. All others have the key that they were given then.'
SELECT count(*) AS first_tasks, count(t.jt_id) AS with_the_same_key, count(*) - count(t.jt_id) AS gone
FROM first_tasks f LEFT JOIN jobtasks t ON (t.jt_id, t.job_id, t.task_id) = (f.jt_id, f.job_id, f.task_id);

\echo '6. A mistake at the office: a client is renamed, and a task gets negative time, which the cloud does not allow. The sync'
\echo '   fails as a whole: the client keeps the old name here until the mistake is mended.'
UPDATE desktop.climaster SET client_name = 'Client 1, renamed' WHERE client_id = 1;
UPDATE desktop.jobtasks SET minutes = -15 WHERE job_id = 1 AND minutes = 30;
\echo
\echo '   SELECT * FROM cutover.sync_all();'
\set ON_ERROR_STOP off
SELECT * FROM cutover.sync_all();
\set ON_ERROR_STOP on
SELECT client_id, client_name FROM climaster WHERE client_id = 1;
UPDATE desktop.jobtasks SET minutes = 45 WHERE job_id = 1 AND minutes = -15;
\echo '   SELECT * FROM cutover.sync_all();'
SELECT table_name, staged, inserted, updated, deleted FROM cutover.sync_all() WHERE inserted + updated + deleted > 0;

\echo '7. Both sides, table by table. Apart are only the rows in quarantine.'
SELECT c.table_name, c.desktop, c.of_app, c.cloud, c.of_app_too AS of_app, c.apart, c.duplicates,
       (SELECT count(*) FROM cutover.quarantine q WHERE q.table_name = c.table_name) AS quarantined
FROM counts c ORDER BY c.ordinal;
\echo '   And row by row, column by column. Preserved are the rows that the app has made or changed.'
\echo
\echo '   SELECT * FROM cutover.verify_phase(''work'');'
SELECT table_name, source_rows, matching, missing, different, extra, preserved, quarantined, source_checksum = target_checksum AS same
FROM cutover.verify_phase('work');
