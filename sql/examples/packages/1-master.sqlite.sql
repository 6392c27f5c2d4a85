.load ./cutover
.mode box --wrap 110
PRAGMA foreign_keys = ON;
.print
.print "1. The master. Its schema is made by the migrations in migrations/: 000 to 018 are package A, 019 and 020 package B (some"
.print "   have a variant per database). An empty database has nothing to lose, so no backup is asked for."
.print
.print "   SELECT apply_migrations('migrations', '{\"end_with\": \"20\"}');"
.once /dev/null
SELECT apply_migrations('migrations', '{"end_with": "20"}');
.print "   The plan names the packages, says by what each table's rows are known in other databases, and what must hold (48 checks)."
.print
.print "   SELECT load_plan('plan.json');"
SELECT load_plan('plan.json') AS load_plan;
.print "   SELECT migration_status('migrations');"
SELECT value ->> 'number' AS number, value ->> 'name' AS name, value ->> 'package' AS package, value ->> 'state' AS state FROM json_each(migration_status('migrations'));
.print "   021 is marked as manual. It holds the data that a master begins with:"
.print
.print "   SELECT apply_migrations('migrations', '{\"start_with\": 21, \"end_with\": 21, \"manual\": true}');"
SELECT value ->> 'number' AS number, value ->> 'name' AS name, value ->> 'state' AS state
FROM json_each(apply_migrations('migrations', '{"start_with": "21", "end_with": "21", "manual": true}'));
.print "   And its people have worked since (seed.sql)."
.read seed.sql
.print
.print "2. A backup: a JSON file per table in one archive. Numbers stay at home; a reference is the external id of what it leads to."
.print
.print "   SELECT export_backup('backups/monday.tar.zst');"
SELECT value ->> 'table_name' AS table_name, value ->> 'records' AS records FROM json_each(export_backup('backups/monday.tar.zst'));
