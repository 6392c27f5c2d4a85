\echo
\echo '5. Meanwhile the slave''s people have made events of their own, under the numbers that the master''s new ones have there:'
INSERT INTO events (id, xmlid, project_id, name, starts_on, is_public, lang)
SELECT 411, 'slave-1', id, 'Open stage', '2026-12-24', true, 'de' FROM projects WHERE domaincode = 'p1';
INSERT INTO events (id, xmlid, project_id, event_id, name, starts_on, is_public, lang)
SELECT 412, 'slave-2', id, 411, 'Open stage, second night', '2026-12-25', true, 'de' FROM projects WHERE domaincode = 'p1';
SELECT id, xmlid, name, event_id FROM events WHERE id > 410;
\echo '   Mode overwrite writes what differs, and nothing else. Details (members, pages, interactions) become what their project has now.'
\echo
\echo '   SELECT * FROM cutover.import_backup(''backups/tuesday.tar.zst'', ''overwrite'');'
SELECT phase, table_name, staged, inserted, updated, unchanged, deleted FROM cutover.import_backup(:'work' || '/backups/tuesday.tar.zst', 'overwrite');
\echo '   Every reference is right, whatever the numbers:'
SELECT e.id, e.xmlid, e.event_id, s.xmlid AS series, p.domaincode AS project FROM events e JOIN projects p ON p.id = e.project_id LEFT JOIN events s ON s.id = e.event_id
WHERE e.xmlid IN ('event-2', 'event-401', 'event-402', 'slave-1', 'slave-2') ORDER BY e.id;
\echo '   The same once more finds nothing to write:'
\echo
\echo '   SELECT * FROM cutover.import_backup(''backups'', ''overwrite'');   -- a folder means its newest archive'
SELECT sum(staged) AS staged, sum(inserted) AS inserted, sum(updated) AS updated, sum(unchanged) AS unchanged, sum(deleted) AS deleted FROM cutover.import_backup(:'work' || '/backups', 'overwrite');

\echo
\echo '6. update takes what is there already, append what is not. An instructor is lost here, and another renamed:'
DELETE FROM instructors WHERE xmlid = 'instructor-1';
UPDATE instructors SET name = 'Renamed here' WHERE xmlid = 'instructor-2';
\echo
\echo '   SELECT * FROM cutover.import_backup(''backups'', ''update'', tables => ARRAY[''instructors'']);'
SELECT table_name, staged, inserted, updated, unchanged, skipped FROM cutover.import_backup(:'work' || '/backups', 'update', tables => ARRAY['instructors']) WHERE table_name = 'instructors';
UPDATE instructors SET name = 'Renamed again' WHERE xmlid = 'instructor-2';
\echo '   SELECT * FROM cutover.import_backup(''backups'', ''append'', tables => ARRAY[''instructors'']);'
SELECT table_name, staged, inserted, updated, unchanged, skipped FROM cutover.import_backup(:'work' || '/backups', 'append', tables => ARRAY['instructors']) WHERE table_name = 'instructors';
SELECT xmlid, name FROM instructors WHERE xmlid IN ('instructor-1', 'instructor-2') ORDER BY 1;
SELECT count(*) AS done FROM cutover.import_backup(:'work' || '/backups', 'overwrite', tables => ARRAY['instructors']) \g /dev/null

\echo
\echo '7. What somebody writes into the database by hand is found by the checks:'
UPDATE events SET status_id = (SELECT id FROM status WHERE name = 'published' AND for_table = 'posts') WHERE xmlid = 'event-7';
UPDATE users SET sysmail = 'nobody' WHERE sysmail = 'user200@example.org';
\echo
SELECT check_name AS "check", status, detail
FROM (SELECT * FROM cutover.validate_phase('config') UNION ALL SELECT * FROM cutover.validate_phase('content')) c WHERE status <> 'ok';
UPDATE users SET sysmail = 'user200@example.org' WHERE sysmail = 'nobody';
SELECT count(*) AS done FROM cutover.import_backup(:'work' || '/backups', 'overwrite', tables => ARRAY['events']) \g /dev/null
\echo '   The last backup has put it right:'
SELECT count(*) AS checks, count(*) FILTER (WHERE status = 'ok') AS ok
FROM (SELECT * FROM cutover.validate_phase('config') UNION ALL SELECT * FROM cutover.validate_phase('content')) c;

\echo
\echo '8. Package C has a migration that cannot work: the first 10 characters of the names are not unique. A backup is written'
\echo '   first; then the third statement fails, and all is as it was.'
\echo
\echo '   SELECT * FROM cutover.apply_migrations(''migrations'', end_with => ''C'', backup_dir => ''before'');'
SELECT cutover.apply_migrations(:'work' || '/migrations', end_with => 'C', backup_dir => :'work' || '/before');
SELECT number, name, package, state FROM cutover.migration_status(:'work' || '/migrations') WHERE number > 19;
SELECT count(*) AS columns_of_events FROM pg_attribute WHERE attrelid = 'events'::regclass AND attnum > 0;

\echo
\echo '9. Someone mends it in a hurry: the index goes, and the short name takes the place of the name. That works, and does harm.'
\! sed -i -e 's/^CREATE UNIQUE INDEX.*/UPDATE events SET name = short_name;/' migrations/022_short_names.sql
\echo
\echo '   SELECT * FROM cutover.apply_migrations(''migrations'', end_with => ''C'', backup_dir => ''before'');'
SELECT number, name, state
FROM cutover.apply_migrations(:'work' || '/migrations', end_with => 'C', backup_dir => :'work' || '/before') WHERE number > 19;
SELECT xmlid, name FROM events WHERE xmlid IN ('event-402', 'slave-2') ORDER BY 1;
\echo '   The backup that was written before it has all names, also those of the slave''s own events:'
\echo
\echo '   SELECT * FROM cutover.import_backup(''before'', ''update'', tables => ARRAY[''events'']);'
SELECT table_name, staged, inserted, updated, unchanged FROM cutover.import_backup(:'work' || '/before', 'update', tables => ARRAY['events']) WHERE table_name = 'events';
SELECT xmlid, name, short_name FROM events WHERE xmlid IN ('event-402', 'slave-2') ORDER BY 1;
DELETE FROM events WHERE xmlid LIKE 'slave-%';
DELETE FROM posts WHERE xmlid = 'post-1500';
