\echo
\echo '1. The master. Its schema is made by the migrations in migrations/: 000 to 018 are package A, 019 and 020 package B (some'
\echo '   have a variant per database). An empty database has nothing to lose, so no backup is asked for.'
\echo
\echo '   SELECT * FROM cutover.apply_migrations(''migrations'', end_with => ''20'');'
SELECT count(*) AS done FROM cutover.apply_migrations(:'work' || '/migrations', end_with => '20') \g /dev/null
\echo '   The plan names the packages, says by what each table''s rows are known in other databases, and what must hold (48 checks).'
\echo
\echo '   SELECT cutover.load_plan(''plan.json'');'
SELECT cutover.load_plan(:'work' || '/plan.json') AS load_plan;
\echo '   SELECT * FROM cutover.migration_status(''migrations'');'
SELECT number, name, package, state FROM cutover.migration_status(:'work' || '/migrations');
\echo '   021 is marked as manual. It holds the data that a master begins with:'
\echo
\echo '   SELECT * FROM cutover.apply_migrations(''migrations'', start_with => ''21'', end_with => ''21'', manual => true);'
SELECT number, name, state
FROM cutover.apply_migrations(:'work' || '/migrations', start_with => '21', end_with => '21', manual => true);
\echo '   And its people have worked since (seed.sql).'
\i seed.sql
\echo
\echo '2. A backup: a JSON file per table in one archive. Numbers stay at home; a reference is the external id of what it leads to.'
\echo
\echo '   SELECT * FROM cutover.export_backup(''backups/monday.tar.zst'');'
SELECT table_name, records FROM cutover.export_backup(:'work' || '/backups/monday.tar.zst');
