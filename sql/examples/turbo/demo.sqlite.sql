.mode box --wrap 100
.print
.print "Tybalt, the old system, is to hand its data over to Turbo, the new one, one phase at a time: jobs, expenses,"
.print "time, users. Until a phase goes live, Tybalt's nightly export is imported again and again; from then on Turbo"
.print "owns it, and what changes there goes back to Tybalt. (Tybalt is tybalt.sqlite here, with made-up data.)"
.print
.print "1. A fresh database: the schema of the test database, without its data."
.print
.print "   .shell sqlite3 turbo_test.sqlite \".schema --nosys\" | sqlite3 turbo.sqlite"
.shell sqlite3 turbo_test.sqlite ".schema --nosys" | sqlite3 turbo.sqlite

.connection 1
.open tybalt.sqlite
.load ./cutover

.connection 2
.open turbo.sqlite
PRAGMA foreign_keys = on;

.connection 0
.open turbo.sqlite
.load ./cutover
PRAGMA foreign_keys = on;
SELECT (SELECT count(*) FROM users) AS users, (SELECT count(*) FROM clients) AS clients, (SELECT count(*) FROM jobs) AS jobs,
       (SELECT count(*) FROM expenses) AS expenses, (SELECT count(*) FROM time_entries) AS time_entries;

.print
.print "2. The plan: 4 phases, 17 tables. Each table is replaced whole by its file; _imported tells Tybalt's rows from"
.print "   Turbo's; a client's business development lead is a uid of Tybalt's sign-in, looked up in \"_externalAuths\"."
.print
.print "   SELECT load_plan('plan.json');"
SELECT load_plan('plan.json') AS load_plan;

.print
.print "3. Phases are opt-in: who names none imports nothing."
.print
.print "   SELECT sync_phases();"
SELECT sync_phases() AS report;

.print
.print "4. Tybalt exports, Turbo imports all four phases."
.print
.connection 1
.read export.sqlite.sql
.connection 0
.print "   SELECT sync_phases('users', 'jobs', 'expenses', 'time');"
.once /dev/null
SELECT sync_phases('users', 'jobs', 'expenses', 'time');
SELECT phase, table_name, staged, inserted, updated, unchanged, deleted, elapsed_ms FROM cutover_last_report;
.print "   Every uid that Tybalt still knows has become a user here; fifteen clients had somebody who is gone."
SELECT count(*) AS clients, count(business_development_lead) AS with_lead, count(*) - count(business_development_lead) AS without
FROM clients;
SELECT c.name AS client, c.business_development_lead AS lead, p.given_name, p.surname
FROM clients c JOIN profiles p ON p.uid = c.business_development_lead ORDER BY c.id LIMIT 3;

.print
.print "5. Turbo's people try it out: a test job, a changed job, a test vendor. The next import of jobs makes its five"
.print "   tables what Tybalt says, test data and all, and touches no other: the vendor stays until expenses are imported."
.connection 2
INSERT INTO jobs (id, number, description, client, status) VALUES ('try', '00-TRY', 'Trying out', 'cl1', 'Active');
UPDATE jobs SET status = 'Cancelled' WHERE id = 'j9';
INSERT INTO vendors (id, name, status) VALUES ('try', 'Trying out', 'Active');
.connection 0
.print
.print "   SELECT sync_phase('jobs');"
.once /dev/null
SELECT sync_phase('jobs');
SELECT table_name, staged, inserted, updated, unchanged, deleted FROM cutover_last_report WHERE phase = 'jobs';
SELECT (SELECT count(*) FROM jobs WHERE NOT _imported) AS test_jobs, (SELECT count(*) FROM vendors WHERE NOT _imported) AS test_vendors;

.print
.print "6. Phase jobs goes live. First nobody may edit jobs in Turbo any more: the database itself says no, also to an"
.print "   application that has never heard of cutover."
.print
.print "   SELECT freeze_phase('jobs');"
SELECT freeze_phase('jobs') AS freeze_phase;
.print "   UPDATE jobs SET status = 'Closed' WHERE id = 'j17';   -- by the application"
.connection 2
UPDATE jobs SET status = 'Closed' WHERE id = 'j17';
.connection 0
.print
.print "   Then it is stopped in Tybalt, where work went on until now. Last night's files will not do:"
.connection 1
UPDATE jobs SET description = description || ', extended' WHERE id IN ('j1', 'j2', 'j3');
INSERT INTO jobs VALUES ('j2001', '25-2001', 'Job 2001', 'cl5', NULL, 'u2', 'Active');
DELETE FROM job_time_allocations WHERE id = 'jt4000';
UPDATE config SET editable = false WHERE phase = 'jobs';
.connection 0
.print
.print "   SELECT cutover_phase('jobs');"
SELECT cutover_phase('jobs');
.print
.print "   The final export, then the final import, checks, verification and the switch, in one transaction:"
.print
.connection 1
.read export.sqlite.sql
.connection 0
.print "   SELECT cutover_phase('jobs');"
.once /dev/null
SELECT cutover_phase('jobs');
SELECT table_name, staged, inserted, updated, unchanged, deleted FROM cutover_last_report WHERE phase = 'jobs';
SELECT phase, authority, last_rows, next_calls FROM cutover_phase_status;

.print
.print "   From now on imports leave jobs alone, whoever calls them and however:"
.print
.print "   SELECT sync_phase('jobs');"
SELECT sync_phase('jobs');
.print "   SELECT sync_all();   -- the vendor of step 5 goes now"
SELECT value ->> 'phase' AS phase, sum(value ->> 'staged') AS staged, sum(value ->> 'inserted') AS inserted, sum(value ->> 'updated') AS updated,
       sum(value ->> 'unchanged') AS unchanged, sum(value ->> 'deleted') AS deleted
FROM json_each(sync_all()) GROUP BY 1;

.print
.print "7. Turbo's people work: a new client with a contact and a job, a job closed, a lead found, an allocation dropped."
.print "   _imported turns false by itself."
.connection 2
INSERT INTO clients (id, name, business_development_lead) VALUES ('cl-t1', 'First client of Turbo', 'u3');
INSERT INTO client_contacts (id, client, given_name, surname) VALUES ('cc-t1', 'cl-t1', 'Ada', 'First');
INSERT INTO jobs (id, number, description, client, contact, manager, status)
VALUES ('j-t1', '25-T001', 'First job of Turbo', 'cl-t1', 'cc-t1', 'u2', 'Active');
UPDATE jobs SET status = 'Closed' WHERE id = 'j17';
UPDATE clients SET business_development_lead = 'u4' WHERE id = 'cl20';
DELETE FROM job_time_allocations WHERE id = 'jt5';
.connection 0
SELECT _imported, count(*) AS jobs FROM jobs GROUP BY _imported;

.print
.print "   The write-back takes what was changed here, the rows with _imported = false and a deletion, and no other."
.print
.print "   SELECT export_changes('jobs', 'writeback');"
SELECT value ->> 'batch' AS batch, value ->> 'table_name' AS table_name, value ->> 'upserts' AS upserts, value ->> 'deletes' AS deletes
FROM json_each(export_changes('jobs', 'writeback'));
.print "   Tybalt takes the files over by a plan of its own, writeback.json, in which a lead becomes a uid again, and"
.print "   deletes what the tombstones name. Then the batch is acknowledged, by its id. Until that it would leave again."
.connection 1
.once /dev/null
SELECT load_plan('writeback.json');
.print
.print "   In Tybalt: SELECT sync_phase('jobs');"
.once /dev/null
SELECT sync_phase('jobs');
SELECT table_name, staged, inserted, updated, unchanged FROM cutover_last_report WHERE phase = 'jobs';
.once /dev/null
SELECT import_parquet('writeback/jobs-*.tombstones.parquet', '{"target": "tombstones"}');
DELETE FROM job_time_allocations WHERE id IN (SELECT row_key ->> 0 FROM tombstones WHERE table_name = 'job_time_allocations');
DROP TABLE tombstones;
SELECT id, name, bd_lead_uid FROM clients WHERE id IN ('cl-t1', 'cl20');
.connection 0
.print "   SELECT acknowledge_changes('...');   -- the id from the report, or from the manifest beside the files"
SELECT acknowledge_changes(batch_id) AS acknowledged FROM cutover_change_batch WHERE phase = 'jobs';
.print "   Nothing is pending any more: what came from Tybalt, or has gone there, never leaves again."
.print
.print "   SELECT export_changes('jobs', 'writeback');"
SELECT export_changes('jobs', 'writeback') AS report;

.print
.print "8. Phase expenses, the same way. Tybalt has a new user by now, who spent something on the job that was made in Turbo."
.print
.print "   SELECT freeze_phase('expenses');"
SELECT freeze_phase('expenses') AS freeze_phase;
.connection 1
INSERT INTO users VALUES ('u61', 'user61', 'user61@example.com', true);
INSERT INTO profiles VALUES ('p61', 'u61', 'Given61', 'Surname61', 'u2');
INSERT INTO expenses VALUES ('e6001', 'u61', 'j-t1', NULL, NULL, '2025-11-20', 80.00, 'First trip');
UPDATE expenses SET total = total + 10 WHERE id IN ('e1', 'e2');
DELETE FROM expenses WHERE id = 'e5999';
UPDATE config SET editable = false WHERE phase = 'expenses';
.read export.sqlite.sql
.connection 0
.print "   SELECT sync_all();   -- what is Tybalt's still"
SELECT value ->> 'phase' AS phase, sum(value ->> 'staged') AS staged, sum(value ->> 'inserted') AS inserted, sum(value ->> 'updated') AS updated,
       sum(value ->> 'unchanged') AS unchanged, sum(value ->> 'deleted') AS deleted
FROM json_each(sync_all()) GROUP BY 1;
.print "   SELECT cutover_phase('expenses');"
.once /dev/null
SELECT cutover_phase('expenses');
SELECT table_name, staged, inserted, updated, unchanged, deleted FROM cutover_last_report WHERE phase = 'expenses';
.print "   Turbo's people enter an expense and retire a vendor."
.connection 2
INSERT INTO expenses (id, uid, job, spent, total, description) VALUES ('e-t1', 'u61', 'j-t1', '2025-11-21', 12.50, 'Entered in Turbo');
UPDATE vendors SET status = 'Inactive' WHERE id = 'v7';
.connection 0
.print
.print "   SELECT export_changes('expenses', 'writeback');"
SELECT value ->> 'batch' AS batch, value ->> 'table_name' AS table_name, value ->> 'upserts' AS upserts, value ->> 'deletes' AS deletes
FROM json_each(export_changes('expenses', 'writeback'));
.connection 1
.print "   In Tybalt: SELECT sync_phase('expenses');"
.once /dev/null
SELECT sync_phase('expenses');
SELECT table_name, staged, inserted, updated, unchanged FROM cutover_last_report WHERE phase = 'expenses';
.connection 0
.print "   SELECT acknowledge_changes('...');"
SELECT acknowledge_changes(batch_id) AS acknowledged FROM cutover_change_batch WHERE phase = 'expenses';

.print
.print "9. Phase time. Tybalt approves its last time sheets first."
.print
.print "   SELECT freeze_phase('time');"
SELECT freeze_phase('time') AS freeze_phase;
.connection 1
UPDATE time_sheets SET approved = true WHERE id IN ('t2700', 't2701');
INSERT INTO time_entries VALUES ('te20001', 't2700', 'j2', '2025-11-20', 4.0, 'Last one in Tybalt');
UPDATE config SET editable = false WHERE phase = 'time';
.read export.sqlite.sql
.connection 0
.print "   SELECT sync_all();   -- what is Tybalt's still"
SELECT value ->> 'phase' AS phase, sum(value ->> 'staged') AS staged, sum(value ->> 'inserted') AS inserted, sum(value ->> 'updated') AS updated,
       sum(value ->> 'unchanged') AS unchanged, sum(value ->> 'deleted') AS deleted
FROM json_each(sync_all()) GROUP BY 1;
.print "   SELECT cutover_phase('time');"
.once /dev/null
SELECT cutover_phase('time');
SELECT table_name, staged, inserted, updated, unchanged, deleted FROM cutover_last_report WHERE phase = 'time';
.print "   Turbo's people correct an entry."
.connection 2
UPDATE time_entries SET hours = 6.5 WHERE id = 'te17';
.connection 0
.print
.print "   SELECT export_changes('time', 'writeback');"
SELECT value ->> 'batch' AS batch, value ->> 'table_name' AS table_name, value ->> 'upserts' AS upserts, value ->> 'deletes' AS deletes
FROM json_each(export_changes('time', 'writeback'));
.connection 1
.print "   In Tybalt: SELECT sync_phase('time');"
.once /dev/null
SELECT sync_phase('time');
SELECT table_name, staged, inserted, updated, unchanged FROM cutover_last_report WHERE phase = 'time';
.connection 0
.print "   SELECT acknowledge_changes('...');"
SELECT acknowledge_changes(batch_id) AS acknowledged FROM cutover_change_batch WHERE phase = 'time';

.print
.print "10. Phase users, the last."
.print
.print "   SELECT freeze_phase('users');"
SELECT freeze_phase('users') AS freeze_phase;
.connection 1
UPDATE profiles SET manager = 'u3' WHERE id = 'p61';
UPDATE config SET editable = false WHERE phase = 'users';
.read export.sqlite.sql
.connection 0
.print "   SELECT cutover_phase('users');"
.once /dev/null
SELECT cutover_phase('users');
SELECT table_name, staged, inserted, updated, unchanged, deleted FROM cutover_last_report WHERE phase = 'users';
.print "   And Turbo's people rename somebody."
.connection 2
UPDATE profiles SET surname = 'Married' WHERE id = 'p9';
.connection 0
.print
.print "   SELECT export_changes('users', 'writeback');"
SELECT value ->> 'batch' AS batch, value ->> 'table_name' AS table_name, value ->> 'upserts' AS upserts, value ->> 'deletes' AS deletes
FROM json_each(export_changes('users', 'writeback'));
.connection 1
.print "   In Tybalt: SELECT sync_phase('users');"
.once /dev/null
SELECT sync_phase('users');
SELECT table_name, staged, inserted, updated, unchanged FROM cutover_last_report WHERE phase = 'users';
.connection 0
.print "   SELECT acknowledge_changes('...');"
SELECT acknowledge_changes(batch_id) AS acknowledged FROM cutover_change_batch WHERE phase = 'users';

.print
.print "11. All four phases are Turbo's, and there is nothing left to import."
.print
.print "   SELECT sync_all();"
SELECT sync_all() AS report;
SELECT phase, authority, last_rows, pending_changes, next_calls FROM cutover_phase_status;
.print "   One more export of Tybalt, compared with Turbo row by row: none is missing, none is there twice, and what"
.print "   differs is _imported alone, in the rows that were changed in Turbo."
.print
.connection 1
.read export.sqlite.sql
.connection 0
.print "   SELECT verify_phase('users'), ..."
SELECT s.phase, value ->> 'table_name' AS table_name, value ->> 'source_rows' AS in_tybalt, value ->> 'target_rows' AS in_turbo,
       value ->> 'matching' AS matching, value ->> 'missing' AS missing, value ->> 'extra' AS extra, value ->> 'different' AS different,
       (SELECT group_concat(c.key) FROM json_each(v.value -> '$.examples.different[0].columns') c) AS differing_in
FROM cutover_phase s, json_each(verify_phase(s.phase)) v ORDER BY s.ordinal, v.key;
