\echo
\echo '3. The slave: the same migrations, the same plan, no rows. Mode init fills empty tables: numbers are given out anew, and all'
\echo '   references are known before the first row is written, also those of an event to its series and of project and user to each other.'
SELECT count(*) AS done FROM cutover.apply_migrations(:'work' || '/migrations', end_with => '20') \g /dev/null
SELECT cutover.load_plan(:'work' || '/plan.json') \g /dev/null
\echo
\echo '   SELECT * FROM cutover.import_backup(''backups/monday.tar.zst'', ''init'');'
SELECT phase, table_name, write, staged, inserted, updated, unchanged FROM cutover.import_backup(:'work' || '/backups/monday.tar.zst', 'init');
\echo '   The 48 checks, one line each:'
\echo
\echo '   SELECT * FROM cutover.validate_phase(''config'');   SELECT * FROM cutover.validate_phase(''content'');'
SELECT check_name AS "check", check_type AS type, status, detail
FROM (SELECT * FROM cutover.validate_phase('config') UNION ALL SELECT * FROM cutover.validate_phase('content')) c;
