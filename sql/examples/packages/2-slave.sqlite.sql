.load ./cutover
.mode box --wrap 110
PRAGMA foreign_keys = ON;
.print
.print "3. The slave: the same migrations, the same plan, no rows. Mode init fills empty tables: numbers are given out anew, and all"
.print "   references are known before the first row is written, also those of an event to its series and of project and user to each other."
.once /dev/null
SELECT apply_migrations('migrations', '{"end_with": "20"}');
.once /dev/null
SELECT load_plan('plan.json');
.print
.print "   SELECT import_backup('backups/monday.tar.zst', 'init');"
.once /dev/null
SELECT import_backup('backups/monday.tar.zst', 'init');
SELECT phase, table_name, write, staged, inserted, updated, unchanged FROM cutover_last_report;
.print "   The 48 checks, one line each:"
.print
.print "   SELECT validate_phase('config');   SELECT validate_phase('content');"
SELECT value ->> 'check_name' AS "check", value ->> 'check_type' AS type, value ->> 'status' AS status, value ->> 'detail' AS detail
FROM (SELECT value FROM json_each(validate_phase('config')) UNION ALL SELECT value FROM json_each(validate_phase('content')));
