.load ./cutover
.mode box --wrap 100
PRAGMA foreign_keys = ON;

.print
.print "The desktop of an accountants' office (desktop.sqlite: 15 tables, 95,244 rows) feeds a cloud (cloud.sqlite), where the"
.print "staff's phones write as well. cutover is in the cloud, to which the desktop's file is attached. The cloud's own tables"
.print "are empty; they have the foreign keys that the desktop lacks."
.print
.print "   ATTACH 'desktop.sqlite' AS desktop;"
ATTACH 'desktop.sqlite' AS desktop;
.read schema.sqlite.sql
.read both_sides.sql

.print
.print "1. The plan. 12 tables have the desktop's keys and are upserted, which deletes nothing. The rows of 3 others get a key here;"
.print "   they become what the desktop has, and are known by what is unique on both sides. Column \"source\" says whose a row is:"
.print "   'D' or NULL the desktop's, 'M' the app's, which no sync touches."
.print
.print "   SELECT load_plan('plan.json');"
SELECT load_plan('plan.json') AS load_plan;

.print
.print "2. The first sync, in one transaction. Rows that refer to nothing are left out, and so are those that refer to them."
.print
.print "   SELECT sync_all();"
.once /dev/null
SELECT sync_all();
SELECT phase, table_name, write, staged, inserted, updated, unchanged, deleted, preserved, quarantined, elapsed_ms FROM cutover_last_report;
.print "   And why: four jobs are of clients whom nobody has kept."
SELECT table_name, reason, detail, count(*) AS rows FROM cutover_quarantine GROUP BY 1, 2, 3 ORDER BY rows;
CREATE TEMP TABLE first_tasks AS SELECT jt_id, job_id, task_id FROM jobtasks;

.print
.print "3. The same again, incremental. jobshead is read in full because the plan says so, and the tables with generated keys"
.print "   because a part of the source must not delete the rest. Nothing has changed, so nothing is written."
.print
.print "   SELECT sync_phase('work', '{\"mode\": \"incremental\"}');"
.once /dev/null
SELECT sync_phase('work', '{"mode": "incremental"}');
SELECT table_name, mode, staged, unchanged, inserted, updated, deleted, notes FROM cutover_last_report WHERE phase = 'work';

.print
.print "4. Ten days. On each the office works on the desktop and the staff on their phones (edits.sql), partly on the same rows;"
.print "   then both directions are synced. One line per day, added up over all tables."
.print
.print "   SELECT sync_all();"
.print "   SELECT push_changes('masters');"
.print "   SELECT push_changes('work');"
.print
.print "                  to the cloud            to the desktop                rows"
.print "   day     new changed deleted       new changed deleted    desktop    cloud   duplicates"
.parameter set :day 0
.read day.sqlite.sql
.read day.sqlite.sql
.read day.sqlite.sql
.read day.sqlite.sql
.read day.sqlite.sql
.read day.sqlite.sql
.read day.sqlite.sql
.read day.sqlite.sql
.read day.sqlite.sql
.read day.sqlite.sql

.print
.print "5. Four jobs, as both sides have them now: one done at the office, one that both changed at once (the app's word stands),"
.print "   one new at the office, one new in the app."
SELECT job_id, d.status AS desktop_status, d.source AS desktop_source, c.status AS cloud_status, c.source AS cloud_source
FROM jobshead c JOIN desktop.jobshead d USING (job_id) WHERE job_id IN (101, 7001, 30001, 1000001) ORDER BY job_id;
.print "   Of the tasks of the first sync, ten were struck at the office. All others have the key that they were given then."
SELECT count(*) AS first_tasks, count(t.jt_id) AS with_the_same_key, count(*) - count(t.jt_id) AS gone
FROM first_tasks f LEFT JOIN jobtasks t ON (t.jt_id, t.job_id, t.task_id) = (f.jt_id, f.job_id, f.task_id);

.print
.print "6. A mistake at the office: a client is renamed, and a task gets negative time, which the cloud does not allow. The sync"
.print "   fails as a whole: the client keeps the old name here until the mistake is mended."
UPDATE desktop.climaster SET client_name = 'Client 1, renamed' WHERE client_id = 1;
UPDATE desktop.jobtasks SET minutes = -15 WHERE job_id = 1 AND minutes = 30;
.print
.print "   SELECT sync_all();"
SELECT sync_all();
SELECT client_id, client_name FROM climaster WHERE client_id = 1;
UPDATE desktop.jobtasks SET minutes = 45 WHERE job_id = 1 AND minutes = -15;
.print "   SELECT sync_all();"
.once /dev/null
SELECT sync_all();
SELECT table_name, staged, inserted, updated, deleted FROM cutover_last_report WHERE inserted + updated + deleted > 0;

.print
.print "7. Both sides, table by table. Apart are only the rows in quarantine."
SELECT c.table_name, c.desktop, c.of_app, c.cloud, c.of_app_too AS of_app, c.apart, c.duplicates,
       (SELECT count(*) FROM cutover_quarantine q WHERE q.table_name = c.table_name) AS quarantined
FROM counts c ORDER BY c.ordinal;
.print "   And row by row, column by column. Preserved are the rows that the app has made or changed."
.print
.print "   SELECT verify_phase('work');"
SELECT value ->> 'table_name' AS table_name, value ->> 'source_rows' AS source_rows, value ->> 'matching' AS matching,
       value ->> 'missing' AS missing, value ->> 'different' AS different, value ->> 'extra' AS extra, value ->> 'preserved' AS preserved,
       value ->> 'quarantined' AS quarantined, value ->> 'source_checksum' = value ->> 'target_checksum' AS same
FROM json_each(verify_phase('work'));
