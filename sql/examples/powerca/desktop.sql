-- The desktop of an accountants' office: the 15 tables of its old program, with rows that are the same in every run. The
-- program declares no foreign key, and gives rows of jobtasks, taskchecklist and workdiary no key of their own; what
-- tells them apart is unique. `source` is 'D', and NULL where a form leaves it out; 'M' marks rows that came from the
-- app. One file for both databases.

CREATE TABLE orgmaster (org_id integer PRIMARY KEY, org_name text NOT NULL, source text);
CREATE TABLE locmaster (loc_id integer PRIMARY KEY, org_id integer, loc_name text NOT NULL, source text);
CREATE TABLE conmaster (con_id integer PRIMARY KEY, con_name text NOT NULL, phone text, source text);
CREATE TABLE climaster (client_id integer PRIMARY KEY, org_id integer, con_id integer, client_name text NOT NULL, phone text, source text);
CREATE TABLE cliunimaster (cliu_id integer PRIMARY KEY, client_id integer, unit_name text NOT NULL, source text);
CREATE TABLE taskmaster (task_id integer PRIMARY KEY, task_name text NOT NULL, source text);
CREATE TABLE jobmaster (job_id integer PRIMARY KEY, job_name text NOT NULL, source text);
CREATE TABLE mbstaff (staff_id integer PRIMARY KEY, loc_id integer, staff_name text NOT NULL, source text);
CREATE TABLE jobshead (job_id integer PRIMARY KEY, client_id integer, kind_id integer, staff_id integer, due_date date,
                       status text NOT NULL, updated_at timestamp, source text);
CREATE TABLE jobtasks (job_id integer, task_id integer, staff_id integer, minutes integer, status text NOT NULL, source text,
                       UNIQUE (job_id, task_id));
CREATE TABLE taskchecklist (job_id integer, task_id integer, item_no integer, item text NOT NULL, done boolean NOT NULL, source text,
                            UNIQUE (job_id, task_id, item_no));
CREATE TABLE workdiary (staff_id integer, job_id integer, work_date date, minutes integer, note text, source text,
                        UNIQUE (staff_id, job_id, work_date));
CREATE TABLE reminder (rem_id integer PRIMARY KEY, staff_id integer, client_id integer, note text NOT NULL, due_date date,
                       updated_at timestamp, source text);
CREATE TABLE remdetail (remd_id integer PRIMARY KEY, rem_id integer, detail text NOT NULL, updated_at timestamp, source text);
CREATE TABLE learequest (lea_id integer PRIMARY KEY, staff_id integer, first_day date, last_day date, status text NOT NULL,
                         updated_at timestamp, source text);

CREATE TEMP TABLE numbers AS
    WITH RECURSIVE count_up (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM count_up WHERE n < 24568) SELECT n FROM count_up;
CREATE TEMP TABLE months (m integer PRIMARY KEY, ends date, edited timestamp);
INSERT INTO months VALUES (0, '2025-01-31', '2025-01-02 18:00:00'), (1, '2025-02-28', '2025-02-03 18:00:00'),
    (2, '2025-03-31', '2025-03-03 18:00:00'), (3, '2025-04-30', '2025-04-01 18:00:00'), (4, '2025-05-31', '2025-05-02 18:00:00'),
    (5, '2025-06-30', '2025-06-02 18:00:00'), (6, '2025-07-31', '2025-07-01 18:00:00'), (7, '2025-08-31', '2025-08-01 18:00:00'),
    (8, '2025-09-30', '2025-09-01 18:00:00'), (9, '2025-10-31', '2025-10-01 18:00:00'), (10, '2025-11-30', '2025-11-03 18:00:00'),
    (11, '2025-12-31', '2025-12-01 18:00:00');

INSERT INTO orgmaster SELECT n, 'Firm ' || n, 'D' FROM numbers WHERE n <= 2;
INSERT INTO locmaster VALUES (1, 1, 'Head office', 'D');
INSERT INTO conmaster SELECT n, 'Contact ' || n, '044-' || (1000 + n), 'D' FROM numbers WHERE n <= 4;
INSERT INTO climaster SELECT n, 1 + n % 2, 1 + n % 4, 'Client ' || n, '044-' || (2000 + n), CASE WHEN n % 50 > 0 THEN 'D' END
    FROM numbers WHERE n <= 726;
INSERT INTO cliunimaster SELECT n, 1 + n % 726, 'Unit ' || n, 'D' FROM numbers WHERE n <= 812;
INSERT INTO taskmaster SELECT n, 'Task ' || n, 'D' FROM numbers WHERE n <= 40;
INSERT INTO jobmaster SELECT n, 'Kind of job ' || n, 'D' FROM numbers WHERE n <= 18;
INSERT INTO mbstaff SELECT n, 1, 'Staff ' || n, 'D' FROM numbers WHERE n <= 16;

-- Four jobs are of clients whom nobody has kept.
INSERT INTO jobshead
    SELECT n, CASE WHEN n % 5000 = 0 THEN 900000 + n ELSE 1 + n % 726 END, 1 + n % 18, 1 + n % 16, ends, 'open', edited,
           CASE WHEN n % 50 > 0 THEN 'D' END
    FROM numbers JOIN months ON m = n % 12;
-- Two or three tasks of each job.
INSERT INTO jobtasks
    SELECT n, 1 + (n * 7 + line * 13) % 40, 1 + n % 16, 30 * (line + 1), 'open', CASE WHEN n % 50 > 0 THEN 'D' END
    FROM numbers JOIN (SELECT 0 AS line UNION ALL SELECT 1 UNION ALL SELECT 2) AS lines ON line < 2 OR n <= 15575;
INSERT INTO taskchecklist
    SELECT n, 1 + n * 7 % 40, item_no, 'Item ' || item_no, item_no > n % 3, 'D'
    FROM numbers JOIN (SELECT 1 AS item_no UNION ALL SELECT 2) AS items ON n <= 1447;
INSERT INTO workdiary
    SELECT 1 + n % 16, 3 * n, ends, 15 * (1 + n % 30), 'Day ' || n, 'D' FROM numbers JOIN months ON m = n % 12 WHERE n <= 1260;
INSERT INTO reminder
    SELECT n, 1 + n % 16, 1 + n % 726, 'Call client ' || (1 + n % 726), ends, edited, 'D'
    FROM numbers JOIN months ON m = n % 12 WHERE n <= 132;
INSERT INTO remdetail SELECT n, 3 * n, 'Detail ' || n, edited, 'D' FROM numbers JOIN months ON m = n % 12 WHERE n <= 39;
INSERT INTO learequest
    SELECT n, 1 + n % 16, ends, ends, 'asked', edited, 'D' FROM numbers JOIN months ON m = n % 12 WHERE n <= 21;
