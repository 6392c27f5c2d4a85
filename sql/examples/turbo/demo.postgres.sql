\pset border 2
\pset linestyle unicode
\pset footer off
\set ON_ERROR_STOP on

\echo
\echo 'Tybalt, the old system, is to hand its data over to Turbo, the new one, one phase at a time: jobs, expenses,'
\echo 'time, users. Until a phase goes live, Tybalt''s nightly export is imported again and again; from then on Turbo'
\echo 'owns it, and what changes there goes back to Tybalt. (Tybalt is database tybalt here, with made-up data.)'
\echo
\echo '1. A fresh database: the schema of the test database, without its data.'
\echo
\echo '   CREATE DATABASE turbo TEMPLATE turbo_test;'
\echo '   TRUNCATE users, mileage_reset_dates, clients, vendors CASCADE;'
CREATE DATABASE turbo TEMPLATE turbo_test;
\c turbo
SET client_min_messages = warning;
TRUNCATE users, mileage_reset_dates, clients, vendors CASCADE;
RESET client_min_messages;
CREATE EXTENSION cutover;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO turbo_app;
SELECT (SELECT count(*) FROM users) AS users, (SELECT count(*) FROM clients) AS clients, (SELECT count(*) FROM jobs) AS jobs,
       (SELECT count(*) FROM expenses) AS expenses, (SELECT count(*) FROM time_entries) AS time_entries;

\echo '2. The plan: 4 phases, 17 tables. Each table is replaced whole by its file; _imported tells Tybalt''s rows from'
\echo '   Turbo''s; a client''s business development lead is a uid of Tybalt''s sign-in, looked up in "_externalAuths".'
\echo
\echo '   SELECT cutover.load_plan(''plan.json'');'
\set plan :work/plan.json
SELECT cutover.load_plan(:'plan');

\echo '3. Phases are opt-in: who names none imports nothing.'
\echo
\echo '   SELECT * FROM cutover.sync_phases();'
SELECT phase, table_name, staged, inserted, updated, deleted FROM cutover.sync_phases();

\echo '4. Tybalt exports, Turbo imports all four phases.'
\echo
\c tybalt
\ir export.postgres.sql
\c turbo
\echo '   SELECT * FROM cutover.sync_phases(''users'', ''jobs'', ''expenses'', ''time'');'
SELECT phase, table_name, staged, inserted, updated, unchanged, deleted, elapsed_ms FROM cutover.sync_phases('users', 'jobs', 'expenses', 'time');
\echo '   Every uid that Tybalt still knows has become a user here; fifteen clients had somebody who is gone.'
SELECT count(*) AS clients, count(business_development_lead) AS with_lead, count(*) - count(business_development_lead) AS without
FROM clients;
SELECT c.name AS client, c.business_development_lead AS lead, p.given_name, p.surname
FROM clients c JOIN profiles p ON p.uid = c.business_development_lead ORDER BY c.id LIMIT 3;

\echo '5. Turbo''s people try it out: a test job, a changed job, a test vendor. The next import of jobs makes its five'
\echo '   tables what Tybalt says, test data and all, and touches no other: the vendor stays until expenses are imported.'
SET ROLE turbo_app;
INSERT INTO jobs (id, number, description, client, status) VALUES ('try', '00-TRY', 'Trying out', 'cl1', 'Active');
UPDATE jobs SET status = 'Cancelled' WHERE id = 'j9';
INSERT INTO vendors (id, name, status) VALUES ('try', 'Trying out', 'Active');
RESET ROLE;
\echo
\echo '   SELECT * FROM cutover.sync_phase(''jobs'');'
SELECT table_name, staged, inserted, updated, unchanged, deleted FROM cutover.sync_phase('jobs');
SELECT (SELECT count(*) FROM jobs WHERE NOT _imported) AS test_jobs, (SELECT count(*) FROM vendors WHERE NOT _imported) AS test_vendors;

\echo '6. Phase jobs goes live. First nobody may edit jobs in Turbo any more: the database itself says no, also to an'
\echo '   application that has never heard of cutover.'
\echo
\echo '   SELECT cutover.freeze_phase(''jobs'');'
SELECT cutover.freeze_phase('jobs') AS freeze_phase;
\echo '   UPDATE jobs SET status = ''Closed'' WHERE id = ''j17'';   -- by the application'
SET ROLE turbo_app;
\set ON_ERROR_STOP off
UPDATE jobs SET status = 'Closed' WHERE id = 'j17';
\set ON_ERROR_STOP on
RESET ROLE;
\echo
\echo '   Then it is stopped in Tybalt, where work went on until now. Last night''s files will not do:'
\c tybalt
UPDATE jobs SET description = description || ', extended' WHERE id IN ('j1', 'j2', 'j3');
INSERT INTO jobs VALUES ('j2001', '25-2001', 'Job 2001', 'cl5', NULL, 'u2', 'Active');
DELETE FROM job_time_allocations WHERE id = 'jt4000';
UPDATE config SET editable = false WHERE phase = 'jobs';
\c turbo
\echo
\echo '   SELECT * FROM cutover.cutover_phase(''jobs'');'
\set ON_ERROR_STOP off
SELECT * FROM cutover.cutover_phase('jobs');
\set ON_ERROR_STOP on
\echo
\echo '   The final export, then the final import, checks, verification and the switch, in one transaction:'
\echo
\c tybalt
\ir export.postgres.sql
\c turbo
\echo '   SELECT * FROM cutover.cutover_phase(''jobs'');'
SELECT table_name, staged, inserted, updated, unchanged, deleted FROM cutover.cutover_phase('jobs');
SELECT phase, authority, last_rows, next_calls FROM cutover.phase_status;

\echo '   From now on imports leave jobs alone, whoever calls them and however:'
\echo
\echo '   SELECT * FROM cutover.sync_phase(''jobs'');'
\set ON_ERROR_STOP off
SELECT * FROM cutover.sync_phase('jobs');
\set ON_ERROR_STOP on
\echo '   SELECT * FROM cutover.sync_all();   -- the vendor of step 5 goes now'
SELECT phase, sum(staged) AS staged, sum(inserted) AS inserted, sum(updated) AS updated, sum(unchanged) AS unchanged,
       sum(deleted) AS deleted
FROM cutover.sync_all() GROUP BY phase ORDER BY phase;

\echo '7. Turbo''s people work: a new client with a contact and a job, a job closed, a lead found, an allocation dropped.'
\echo '   _imported turns false by itself.'
SET ROLE turbo_app;
INSERT INTO clients (id, name, business_development_lead) VALUES ('cl-t1', 'First client of Turbo', 'u3');
INSERT INTO client_contacts (id, client, given_name, surname) VALUES ('cc-t1', 'cl-t1', 'Ada', 'First');
INSERT INTO jobs (id, number, description, client, contact, manager, status)
VALUES ('j-t1', '25-T001', 'First job of Turbo', 'cl-t1', 'cc-t1', 'u2', 'Active');
UPDATE jobs SET status = 'Closed' WHERE id = 'j17';
UPDATE clients SET business_development_lead = 'u4' WHERE id = 'cl20';
DELETE FROM job_time_allocations WHERE id = 'jt5';
RESET ROLE;
SELECT _imported, count(*) AS jobs FROM jobs GROUP BY _imported ORDER BY _imported;

\echo '   The write-back takes what was changed here, the rows with _imported = false and a deletion, and no other.'
\echo
\echo '   SELECT * FROM cutover.export_changes(''jobs'', ''writeback'');'
SELECT batch, table_name, upserts, deletes FROM cutover.export_changes('jobs', :'work' || '/writeback');
\echo '   Tybalt takes the files over by a plan of its own, writeback.json, in which a lead becomes a uid again, and'
\echo '   deletes what the tombstones name. Then the batch is acknowledged, by its id. Until that it would leave again.'
\c tybalt
\set plan :work/writeback.json
SELECT cutover.load_plan(:'plan') \g /dev/null
\echo
\echo '   In Tybalt: SELECT * FROM cutover.sync_phase(''jobs'');'
SELECT table_name, staged, inserted, updated, unchanged FROM cutover.sync_phase('jobs');
SELECT cutover.import_parquet(:'work' || '/writeback/jobs-*.tombstones.parquet', target => 'tombstones') \g /dev/null
DELETE FROM job_time_allocations WHERE id IN (SELECT row_key::json ->> 0 FROM tombstones WHERE table_name = 'job_time_allocations');
DROP TABLE tombstones;
SELECT id, name, bd_lead_uid FROM clients WHERE id IN ('cl-t1', 'cl20');
\c turbo
\echo '   SELECT cutover.acknowledge_changes(''...'');   -- the id from the report, or from the manifest beside the files'
SELECT cutover.acknowledge_changes(batch_id::text) AS acknowledged FROM cutover.change_batch WHERE phase = 'jobs';
\echo '   Nothing is pending any more: what came from Tybalt, or has gone there, never leaves again.'
\echo
\echo '   SELECT * FROM cutover.export_changes(''jobs'', ''writeback'');'
SELECT batch, table_name, upserts, deletes FROM cutover.export_changes('jobs', :'work' || '/writeback');

\echo '8. Phase expenses, the same way. Tybalt has a new user by now, who spent something on the job that was made in Turbo.'
\echo
\echo '   SELECT cutover.freeze_phase(''expenses'');'
SELECT cutover.freeze_phase('expenses') AS freeze_phase;
\c tybalt
INSERT INTO users VALUES ('u61', 'user61', 'user61@example.com', true);
INSERT INTO profiles VALUES ('p61', 'u61', 'Given61', 'Surname61', 'u2');
INSERT INTO expenses VALUES ('e6001', 'u61', 'j-t1', NULL, NULL, '2025-11-20', 80.00, 'First trip');
UPDATE expenses SET total = total + 10 WHERE id IN ('e1', 'e2');
DELETE FROM expenses WHERE id = 'e5999';
UPDATE config SET editable = false WHERE phase = 'expenses';
\ir export.postgres.sql
\c turbo
\echo '   SELECT * FROM cutover.sync_all();   -- what is Tybalt''s still'
SELECT phase, sum(staged) AS staged, sum(inserted) AS inserted, sum(updated) AS updated, sum(unchanged) AS unchanged,
       sum(deleted) AS deleted
FROM cutover.sync_all() GROUP BY phase ORDER BY phase;
\echo '   SELECT * FROM cutover.cutover_phase(''expenses'');'
SELECT table_name, staged, inserted, updated, unchanged, deleted FROM cutover.cutover_phase('expenses');
\echo '   Turbo''s people enter an expense and retire a vendor.'
SET ROLE turbo_app;
INSERT INTO expenses (id, uid, job, spent, total, description) VALUES ('e-t1', 'u61', 'j-t1', '2025-11-21', 12.50, 'Entered in Turbo');
UPDATE vendors SET status = 'Inactive' WHERE id = 'v7';
RESET ROLE;
\echo
\echo '   SELECT * FROM cutover.export_changes(''expenses'', ''writeback'');'
SELECT batch, table_name, upserts, deletes FROM cutover.export_changes('expenses', :'work' || '/writeback');
\c tybalt
\echo '   In Tybalt: SELECT * FROM cutover.sync_phase(''expenses'');'
SELECT table_name, staged, inserted, updated, unchanged FROM cutover.sync_phase('expenses');
\c turbo
\echo '   SELECT cutover.acknowledge_changes(''...'');'
SELECT cutover.acknowledge_changes(batch_id::text) AS acknowledged FROM cutover.change_batch WHERE phase = 'expenses';

\echo '9. Phase time. Tybalt approves its last time sheets first.'
\echo
\echo '   SELECT cutover.freeze_phase(''time'');'
SELECT cutover.freeze_phase('time') AS freeze_phase;
\c tybalt
UPDATE time_sheets SET approved = true WHERE id IN ('t2700', 't2701');
INSERT INTO time_entries VALUES ('te20001', 't2700', 'j2', '2025-11-20', 4.0, 'Last one in Tybalt');
UPDATE config SET editable = false WHERE phase = 'time';
\ir export.postgres.sql
\c turbo
\echo '   SELECT * FROM cutover.sync_all();   -- what is Tybalt''s still'
SELECT phase, sum(staged) AS staged, sum(inserted) AS inserted, sum(updated) AS updated, sum(unchanged) AS unchanged,
       sum(deleted) AS deleted
FROM cutover.sync_all() GROUP BY phase ORDER BY phase;
\echo '   SELECT * FROM cutover.cutover_phase(''time'');'
SELECT table_name, staged, inserted, updated, unchanged, deleted FROM cutover.cutover_phase('time');
\echo '   Turbo''s people correct an entry.'
SET ROLE turbo_app;
UPDATE time_entries SET hours = 6.5 WHERE id = 'te17';
RESET ROLE;
\echo
\echo '   SELECT * FROM cutover.export_changes(''time'', ''writeback'');'
SELECT batch, table_name, upserts, deletes FROM cutover.export_changes('time', :'work' || '/writeback');
\c tybalt
\echo '   In Tybalt: SELECT * FROM cutover.sync_phase(''time'');'
SELECT table_name, staged, inserted, updated, unchanged FROM cutover.sync_phase('time');
\c turbo
\echo '   SELECT cutover.acknowledge_changes(''...'');'
SELECT cutover.acknowledge_changes(batch_id::text) AS acknowledged FROM cutover.change_batch WHERE phase = 'time';

\echo '10. Phase users, the last.'
\echo
\echo '   SELECT cutover.freeze_phase(''users'');'
SELECT cutover.freeze_phase('users') AS freeze_phase;
\c tybalt
UPDATE profiles SET manager = 'u3' WHERE id = 'p61';
UPDATE config SET editable = false WHERE phase = 'users';
\ir export.postgres.sql
\c turbo
\echo '   SELECT * FROM cutover.cutover_phase(''users'');'
SELECT table_name, staged, inserted, updated, unchanged, deleted FROM cutover.cutover_phase('users');
\echo '   And Turbo''s people rename somebody.'
SET ROLE turbo_app;
UPDATE profiles SET surname = 'Married' WHERE id = 'p9';
RESET ROLE;
\echo
\echo '   SELECT * FROM cutover.export_changes(''users'', ''writeback'');'
SELECT batch, table_name, upserts, deletes FROM cutover.export_changes('users', :'work' || '/writeback');
\c tybalt
\echo '   In Tybalt: SELECT * FROM cutover.sync_phase(''users'');'
SELECT table_name, staged, inserted, updated, unchanged FROM cutover.sync_phase('users');
\c turbo
\echo '   SELECT cutover.acknowledge_changes(''...'');'
SELECT cutover.acknowledge_changes(batch_id::text) AS acknowledged FROM cutover.change_batch WHERE phase = 'users';

\echo '11. All four phases are Turbo''s, and there is nothing left to import.'
\echo
\echo '   SELECT * FROM cutover.sync_all();'
SELECT phase, table_name, staged, inserted, updated, deleted FROM cutover.sync_all();
SELECT phase, authority, last_rows, pending_changes, next_calls FROM cutover.phase_status;
\echo '   One more export of Tybalt, compared with Turbo row by row: none is missing, none is there twice, and what'
\echo '   differs is _imported alone, in the rows that were changed in Turbo.'
\echo
\c tybalt
\ir export.postgres.sql
\c turbo
\echo '   SELECT * FROM cutover.verify_phase(''users''), ...'
SELECT v.phase, v.table_name, v.source_rows AS in_tybalt, v.target_rows AS in_turbo, v.matching, v.missing, v.extra, v.different,
       (SELECT string_agg(c, ', ') FROM json_object_keys(v.examples #> '{different,0,columns}') c) AS differing_in
FROM cutover.phase s, cutover.verify_phase(s.phase) WITH ORDINALITY v ORDER BY s.ordinal, v.ordinality;
