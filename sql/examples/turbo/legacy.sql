-- Tybalt, the old system, with data that is the same in every run. One file for both databases.
-- Days are texts there.

CREATE TABLE users (id text PRIMARY KEY, username text, email text, verified boolean);
CREATE TABLE profiles (id text PRIMARY KEY, uid text, given_name text, surname text, manager text);
CREATE TABLE admin_profiles (id text PRIMARY KEY, uid text, work_week_hours integer, charge_out_rate numeric(8,2));
CREATE TABLE external_auths (id text PRIMARY KEY, record_id text, provider text, provider_id text);
CREATE TABLE user_claims (id text PRIMARY KEY, uid text, claim text);
CREATE TABLE mileage_reset_dates (id text PRIMARY KEY, reset_date text);

CREATE TABLE clients (id text PRIMARY KEY, name text, bd_lead_uid text);
CREATE TABLE client_contacts (id text PRIMARY KEY, client text, given_name text, surname text, email text);
CREATE TABLE jobs (id text PRIMARY KEY, number text, description text, client text, contact text, manager text, status text);
CREATE TABLE categories (id text PRIMARY KEY, job text, name text);
CREATE TABLE job_time_allocations (id text PRIMARY KEY, job text, division text, hours numeric(8,1));

CREATE TABLE vendors (id text PRIMARY KEY, name text, status text);
CREATE TABLE purchase_orders (id text PRIMARY KEY, po_number text, vendor text, job text, uid text, ordered text, total numeric(10,2));
CREATE TABLE expenses (id text PRIMARY KEY, uid text, job text, category text, purchase_order text, spent text,
                       total numeric(10,2), description text);

CREATE TABLE time_sheets (id text PRIMARY KEY, uid text, week_ending text, approved boolean);
CREATE TABLE time_entries (id text PRIMARY KEY, time_sheet text, job text, worked text, hours numeric(4,1), description text);
CREATE TABLE time_amendments (id text PRIMARY KEY, time_sheet text, creator text, worked text, hours numeric(4,1));

-- What may be edited in Tybalt: its own switch, which its application looks at.
CREATE TABLE config (phase text PRIMARY KEY, editable boolean);
INSERT INTO config VALUES ('users', true), ('jobs', true), ('expenses', true), ('time', true);

-- Numbered rows, each with a day of 2025.
CREATE TABLE n (i integer PRIMARY KEY, day text);
INSERT INTO n
WITH RECURSIVE r (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r WHERE i < 20000)
SELECT i, '2025-' || substr(CAST(101 + i / 28 % 12 AS text), 2) || '-' || substr(CAST(101 + i % 28 AS text), 2) FROM r;

INSERT INTO users SELECT 'u' || i, 'user' || i, 'user' || i || '@example.com', i % 10 <> 0 FROM n WHERE i <= 60;
INSERT INTO profiles SELECT 'p' || i, 'u' || i, 'Given' || i, 'Surname' || i, CASE WHEN i > 6 THEN 'u' || (i % 6 + 1) END FROM n WHERE i <= 60;
INSERT INTO admin_profiles SELECT 'a' || i, 'u' || i, 40, 80 + i % 12 * 7.50 FROM n WHERE i <= 60;
INSERT INTO external_auths SELECT 'x' || i, 'u' || i, 'oidc.microsoft', 'uid-' || (100000 + i * 37) FROM n WHERE i <= 60;
INSERT INTO user_claims SELECT 'c' || i, 'u' || (i % 60 + 1), CASE WHEN i <= 60 THEN 'time' WHEN i <= 90 THEN 'tapr' ELSE 'eapr' END FROM n WHERE i <= 120;
INSERT INTO mileage_reset_dates SELECT 'd' || i, (2014 + i) || '-01-01' FROM n WHERE i <= 12;

-- Every twentieth client is led by somebody whose sign-in nobody knows any more.
INSERT INTO clients SELECT 'cl' || i, 'Client ' || i, 'uid-' || CASE WHEN i % 20 = 0 THEN 'gone' ELSE CAST(100000 + (i % 6 + 1) * 37 AS text) END
FROM n WHERE i <= 300;
INSERT INTO client_contacts SELECT 'cc' || i, 'cl' || (i % 300 + 1), 'Given' || i, 'Contact' || i, 'contact' || i || '@example.com' FROM n WHERE i <= 600;
INSERT INTO jobs SELECT 'j' || i, '25-' || substr(CAST(10000 + i AS text), 2), 'Job ' || i, 'cl' || (i % 300 + 1), 'cc' || (i % 300), 'u' || (i % 6 + 1),
                        CASE WHEN i % 9 = 0 THEN 'Closed' ELSE 'Active' END FROM n WHERE i <= 2000;
UPDATE jobs SET contact = NULL WHERE contact = 'cc0';
INSERT INTO categories SELECT 'ct' || i, 'j' || (i % 500 + 1), CASE WHEN i <= 500 THEN 'Field' ELSE 'Lab' END FROM n WHERE i <= 1000;
INSERT INTO job_time_allocations SELECT 'jt' || i, 'j' || (i % 2000 + 1), CASE WHEN i <= 2000 THEN 'Engineering' ELSE 'Survey' END, i % 80 * 0.5
FROM n WHERE i <= 4000;

INSERT INTO vendors SELECT 'v' || i, 'Vendor ' || i, 'Active' FROM n WHERE i <= 150;
INSERT INTO purchase_orders SELECT 'po' || i, '2025-' || substr(CAST(10000 + i AS text), 2), 'v' || (i % 150 + 1), 'j' || (i % 1900 + 1), 'u' || (i % 60 + 1), day,
                                   i % 900 * 12.25 FROM n WHERE i <= 1500;
INSERT INTO expenses SELECT 'e' || i, 'u' || (i % 60 + 1), 'j' || (i % 500 + 1), CASE WHEN i % 4 = 0 THEN 'ct' || (i % 500) END,
                            CASE WHEN i % 5 = 0 THEN 'po' || (i % 1500 + 1) END, day, i % 400 * 1.25, 'Expense ' || i FROM n WHERE i <= 6000;
UPDATE expenses SET category = NULL WHERE category = 'ct0';

INSERT INTO time_sheets SELECT 't' || i, 'u' || (i % 60 + 1), '2025-' || substr(CAST(101 + i / 240 % 12 AS text), 2) || '-' || substr(CAST(107 + i / 60 % 4 * 7 AS text), 2),
                               i < 2600 FROM n WHERE i <= 2800;
INSERT INTO time_entries SELECT 'te' || i, 't' || (i % 2800 + 1), 'j' || (i % 1900 + 1), day, i % 16 * 0.5 + 0.5, CASE WHEN i % 3 = 0 THEN 'On site' END FROM n;
INSERT INTO time_amendments SELECT 'ta' || i, 't' || (i * 7), 'u' || (i % 6 + 1), day, i % 4 * 0.5 - 1 FROM n WHERE i <= 90;
DROP TABLE n;
