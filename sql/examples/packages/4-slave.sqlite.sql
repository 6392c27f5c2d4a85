.load ./cutover
.mode box --wrap 110
PRAGMA foreign_keys = ON;
.print
.print "5. Meanwhile the slave's people have made events of their own, under the numbers that the master's new ones have there:"
INSERT INTO events (id, xmlid, project_id, name, starts_on, is_public, lang)
SELECT 411, 'slave-1', id, 'Open stage', '2026-12-24', 1, 'de' FROM projects WHERE domaincode = 'p1';
INSERT INTO events (id, xmlid, project_id, event_id, name, starts_on, is_public, lang)
SELECT 412, 'slave-2', id, 411, 'Open stage, second night', '2026-12-25', 1, 'de' FROM projects WHERE domaincode = 'p1';
SELECT id, xmlid, name, event_id FROM events WHERE id > 410;
.print "   Mode overwrite writes what differs, and nothing else. Details (members, pages, interactions) become what their project has now."
.print
.print "   SELECT import_backup('backups/tuesday.tar.zst', 'overwrite');"
.once /dev/null
SELECT import_backup('backups/tuesday.tar.zst', 'overwrite');
SELECT phase, table_name, staged, inserted, updated, unchanged, deleted FROM cutover_last_report;
.print "   Every reference is right, whatever the numbers:"
SELECT e.id, e.xmlid, e.event_id, s.xmlid AS series, p.domaincode AS project FROM events e JOIN projects p ON p.id = e.project_id LEFT JOIN events s ON s.id = e.event_id
WHERE e.xmlid IN ('event-2', 'event-401', 'event-402', 'slave-1', 'slave-2') ORDER BY e.id;
.print "   The same once more finds nothing to write:"
.print
.print "   SELECT import_backup('backups', 'overwrite');   -- a folder means its newest archive"
.once /dev/null
SELECT import_backup('backups', 'overwrite');
SELECT sum(staged) AS staged, sum(inserted) AS inserted, sum(updated) AS updated, sum(unchanged) AS unchanged, sum(deleted) AS deleted FROM cutover_last_report;

.print
.print "6. update takes what is there already, append what is not. An instructor is lost here, and another renamed:"
DELETE FROM instructors WHERE xmlid = 'instructor-1';
UPDATE instructors SET name = 'Renamed here' WHERE xmlid = 'instructor-2';
.print
.print "   SELECT import_backup('backups', 'update', '{\"tables\": [\"instructors\"]}');"
.once /dev/null
SELECT import_backup('backups', 'update', '{"tables": ["instructors"]}');
SELECT table_name, staged, inserted, updated, unchanged, skipped FROM cutover_last_report WHERE table_name = 'instructors';
UPDATE instructors SET name = 'Renamed again' WHERE xmlid = 'instructor-2';
.print "   SELECT import_backup('backups', 'append', '{\"tables\": [\"instructors\"]}');"
.once /dev/null
SELECT import_backup('backups', 'append', '{"tables": ["instructors"]}');
SELECT table_name, staged, inserted, updated, unchanged, skipped FROM cutover_last_report WHERE table_name = 'instructors';
SELECT xmlid, name FROM instructors WHERE xmlid IN ('instructor-1', 'instructor-2') ORDER BY 1;
.once /dev/null
SELECT import_backup('backups', 'overwrite', '{"tables": ["instructors"]}');

.print
.print "7. What somebody writes into the database by hand is found by the checks:"
UPDATE events SET status_id = (SELECT id FROM status WHERE name = 'published' AND for_table = 'posts') WHERE xmlid = 'event-7';
UPDATE users SET sysmail = 'nobody' WHERE sysmail = 'user200@example.org';
.print
SELECT value ->> 'check_name' AS "check", value ->> 'status' AS status, value ->> 'detail' AS detail
FROM (SELECT value FROM json_each(validate_phase('config')) UNION ALL SELECT value FROM json_each(validate_phase('content'))) WHERE value ->> 'status' <> 'ok';
UPDATE users SET sysmail = 'user200@example.org' WHERE sysmail = 'nobody';
.once /dev/null
SELECT import_backup('backups', 'overwrite', '{"tables": ["events"]}');
.print "   The last backup has put it right:"
SELECT count(*) AS checks, sum(value ->> 'status' = 'ok') AS ok
FROM (SELECT value FROM json_each(validate_phase('config')) UNION ALL SELECT value FROM json_each(validate_phase('content')));

.print
.print "8. Package C has a migration that cannot work: the first 10 characters of the names are not unique. A backup is written"
.print "   first; then the third statement fails, and all is as it was."
.print
.print "   SELECT apply_migrations('migrations', '{\"end_with\": \"C\", \"backup_dir\": \"before\"}');"
SELECT apply_migrations('migrations', '{"end_with": "C", "backup_dir": "before"}');
SELECT value ->> 'number' AS number, value ->> 'name' AS name, value ->> 'package' AS package, value ->> 'state' AS state FROM json_each(migration_status('migrations')) WHERE value ->> 'number' > 19;
SELECT count(*) AS columns_of_events FROM pragma_table_info('events');

.print
.print "9. Someone mends it in a hurry: the index goes, and the short name takes the place of the name. That works, and does harm."
.shell sed -i -e 's/^CREATE UNIQUE INDEX.*/UPDATE events SET name = short_name;/' migrations/022_short_names.sql
.print
.print "   SELECT apply_migrations('migrations', '{\"end_with\": \"C\", \"backup_dir\": \"before\"}');"
SELECT value ->> 'number' AS number, value ->> 'name' AS name, value ->> 'state' AS state
FROM json_each(apply_migrations('migrations', '{"end_with": "C", "backup_dir": "before"}')) WHERE value ->> 'number' > 19;
SELECT xmlid, name FROM events WHERE xmlid IN ('event-402', 'slave-2') ORDER BY 1;
.print "   The backup that was written before it has all names, also those of the slave's own events:"
.print
.print "   SELECT import_backup('before', 'update', '{\"tables\": [\"events\"]}');"
.once /dev/null
SELECT import_backup('before', 'update', '{"tables": ["events"]}');
SELECT table_name, staged, inserted, updated, unchanged FROM cutover_last_report WHERE table_name = 'events';
SELECT xmlid, name, short_name FROM events WHERE xmlid IN ('event-402', 'slave-2') ORDER BY 1;
DELETE FROM events WHERE xmlid LIKE 'slave-%';
DELETE FROM posts WHERE xmlid = 'post-1500';
