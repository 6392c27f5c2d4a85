\pset border 2
\pset linestyle unicode
\pset footer off
\set ON_ERROR_STOP on
SET client_min_messages = error;

\echo '8. The other placement: a managed cloud (database powerca_managed) that may not load an extension. cutover is on the'
\echo '   desktop (powerca_office), which has the cloud''s tables as foreign tables, but for their generated keys. What the'
\echo '   cloud checks is not known here, so the plan says which table refers to which. A third phase, "app", brings back'
\echo '   the rows that the app has made.'
CREATE EXTENSION cutover;
CREATE EXTENSION postgres_fdw;
CREATE SERVER cloud FOREIGN DATA WRAPPER postgres_fdw OPTIONS (dbname 'powerca_managed', fetch_size '10000', batch_size '1000');
CREATE USER MAPPING FOR CURRENT_USER SERVER cloud;
CREATE SCHEMA cloud;
IMPORT FOREIGN SCHEMA public FROM SERVER cloud INTO cloud;
ALTER FOREIGN TABLE cloud.jobtasks DROP COLUMN jt_id;
ALTER FOREIGN TABLE cloud.taskchecklist DROP COLUMN tc_id;
ALTER FOREIGN TABLE cloud.workdiary DROP COLUMN wd_id;
\ir both_sides.sql
\echo
\echo '   SELECT cutover.load_plan(''plan-desktop.json'');'
\set plan :work/plan-desktop.json
SELECT cutover.load_plan(:'plan');
\echo '   SELECT * FROM cutover.sync_all();'
SELECT phase, count(*) AS tables, sum(staged) AS staged, sum(inserted) AS inserted, sum(updated) AS updated, sum(unchanged) AS unchanged,
       sum(deleted) AS deleted, sum(quarantined) AS quarantined, sum(elapsed_ms) AS elapsed_ms
FROM cutover.sync_all() GROUP BY phase ORDER BY sum(staged) DESC;

\echo '9. Two days of the same work. One call syncs both directions.'
\echo
\echo '                  to the cloud            to the desktop                rows'
\echo '   day     new changed deleted       new changed deleted    desktop    cloud   duplicates'
\set day 0
\ir day.postgres.sql
\ir day.postgres.sql

\echo
\echo '10. Both sides, table by table. Here nothing in the cloud records changes: rows of the desktop that the app changed are'
\echo '    the app''s in the cloud, and stay as they are on the desktop.'
SELECT table_name, desktop, of_app, cloud, of_app_too AS of_app, apart, duplicates FROM counts ORDER BY ordinal;
