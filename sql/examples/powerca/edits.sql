-- One day's work, day :day, before anything is synced. `desktop.` and `cloud.` are the two places; the demo leaves out the
-- prefix of the one that it runs in. The app numbers its own rows from 1,000,000 and marks what it writes with 'M'.

-- The office: two clients have a new number, ten jobs are done, a job comes in with two tasks, time is booked on a job,
-- a task is struck, a reminder is written, and a job waits.
UPDATE desktop.climaster SET phone = '033-' || (3000 + :day) WHERE client_id IN (:day, 100 + :day);
UPDATE desktop.jobshead SET status = 'done', updated_at = CURRENT_TIMESTAMP WHERE job_id BETWEEN 100 * :day AND 100 * :day + 9;
INSERT INTO desktop.jobshead VALUES (30000 + :day, :day, 1, 1, '2026-12-31', 'open', CURRENT_TIMESTAMP, 'D');
INSERT INTO desktop.jobtasks VALUES (30000 + :day, 1, 1, 0, 'open', 'D'), (30000 + :day, 2, 1, 0, 'open', NULL);
UPDATE desktop.jobtasks SET minutes = minutes + 15 WHERE job_id = 200 * :day;
DELETE FROM desktop.jobtasks WHERE job_id = 16000 + :day AND minutes = 60;
INSERT INTO desktop.reminder VALUES (132 + :day, 1, :day, 'Call back', '2026-12-31', CURRENT_TIMESTAMP, 'D');
UPDATE desktop.jobshead SET status = 'waiting', updated_at = CURRENT_TIMESTAMP WHERE job_id = 7000 + :day;

-- The app: a new client with a job, a task and a day of work; yesterday's job is done and its day of work is struck; a
-- reminder of the desktop gets a detail. It changes rows of the desktop, too: tasks are done, leave is granted, and the
-- job that waits at the office is done.
INSERT INTO cloud.climaster VALUES (1000000 + :day, 1, 1, 'Met on day ' || :day, NULL, 'M');
INSERT INTO cloud.jobshead VALUES (1000000 + :day, 1000000 + :day, 1, 2, '2026-12-31', 'open', CURRENT_TIMESTAMP, 'M');
INSERT INTO cloud.jobtasks (job_id, task_id, staff_id, minutes, status, source) VALUES (1000000 + :day, 1, 2, 0, 'open', 'M');
INSERT INTO cloud.workdiary (staff_id, job_id, work_date, minutes, note, source) VALUES (2, 1000000 + :day, '2026-12-01', 30, 'On the road', 'M');
UPDATE cloud.jobshead SET status = 'done', updated_at = CURRENT_TIMESTAMP WHERE job_id = 1000000 + :day - 1;
DELETE FROM cloud.workdiary WHERE job_id = 1000000 + :day - 1;
INSERT INTO cloud.remdetail VALUES (1000000 + :day, :day, 'Called', CURRENT_TIMESTAMP, 'M');
UPDATE cloud.jobtasks SET status = 'done', source = 'M' WHERE job_id = 5000 + :day;
UPDATE cloud.learequest SET status = 'granted', updated_at = CURRENT_TIMESTAMP, source = 'M' WHERE lea_id = :day;
UPDATE cloud.jobshead SET status = 'done', updated_at = CURRENT_TIMESTAMP, source = 'M' WHERE job_id = 7000 + :day;
