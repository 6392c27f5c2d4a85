.load ./cutover
.mode box --wrap 110
PRAGMA foreign_keys = ON;
.read schema.sqlite.sql
.print
.print "Two repair shops answer with nested JSON: an order with its customer, vehicle, jobs, and their parts, labor, sublets and fees."
.print "Whatever asks them writes what it gets into a folder per day: day-1 has 2,000 orders, the others what has changed."
.print
.print "1. The plan: nine tables are filled from the same documents, two are derived from them; ro_snapshots gets a row whenever an"
.print "   order becomes POSTED or COMPLETE. Amounts become cents, moments UTC, posted_date the shops' own day."
.print
.print "   SELECT load_plan('plan.json');"
SELECT load_plan('plan.json') AS load_plan;

.print
.print "2. Day 1, in one transaction; each file is decoded once. Customers and employees that are only named are made as stubs;"
.print "   a price with a tenth of a cent is refused. \"gross profit\" is a check that warns."
.print
.print "   SELECT sync_phase('warehouse');"
.once /dev/null
SELECT sync_phase('warehouse');
SELECT table_name, write, mode, staged, inserted, updated, unchanged, deleted, quarantined, skipped FROM cutover_last_report;
SELECT table_name, reason, detail FROM cutover_quarantine;
SELECT r.id, r.status, r.created_at, r.posted_date, count(*) AS parts, sum(p.cost_cents) AS cost_cents, sum(p.retail_cents) AS retail_cents
FROM repair_orders r JOIN job_parts p ON p.repair_order_id = r.id WHERE r.id = 100001;
SELECT (SELECT count(*) FROM ro_snapshots) AS snapshots, (SELECT count(*) FROM cutover_raw_document) AS raw_documents,
       (SELECT count(*) FROM cutover_stub WHERE completed_run IS NULL) AS stubs;
.print "   Our gross profit against theirs: an order whose sum is five dollars off there, and the one with the refused price."
SELECT value ->> 'check_name' AS "check", value ->> 'status' AS status, value ->> 'detail' AS detail
FROM json_each(validate_phase('warehouse')) WHERE value ->> 'check_name' LIKE 'gross%';

.print
.print "3. The same day once more writes nothing."
.print
.print "   SELECT sync_phase('warehouse');"
.once /dev/null
SELECT sync_phase('warehouse');
SELECT sum(inserted) AS inserted, sum(updated) AS updated, sum(deleted) AS deleted, (SELECT count(*) FROM ro_snapshots) AS snapshots FROM cutover_last_report;

.print
.print "4. Day 2: 195 documents. Orders move on, some have a job more, 34 parts have vanished from theirs; 20 orders are new. Other orders"
.print "   are left alone. The shops' cursors say what is new; of the daily metrics only the days that changed are computed."
.print
.print "   SELECT sync_phase('warehouse', '{\"root\": \"day-2\"}');"
.once /dev/null
SELECT sync_phase('warehouse', '{"root": "day-2"}');
SELECT table_name, write, mode, staged, inserted, updated, unchanged, deleted FROM cutover_last_report;
SELECT group_key, column_name, cursor_value FROM cutover_sync_cursor ORDER BY group_key;
.print "   The stubs of employees are complete now, as are those of customers that have come with an order:"
SELECT table_name, count(*) AS stubs, count(completed_run) AS complete FROM cutover_stub GROUP BY table_name ORDER BY table_name;

.print
.print "5. Day 3, twice. Each change of status has one snapshot, however often a document comes."
.print
.print "   SELECT sync_phase('warehouse', '{\"root\": \"day-3\"}');"
.once /dev/null
SELECT sync_phase('warehouse', '{"root": "day-3"}');
SELECT table_name, write, mode, staged, inserted, updated, unchanged, deleted FROM cutover_last_report;
.once /dev/null
SELECT sync_phase('warehouse', '{"root": "day-3"}');
SELECT sum(inserted) AS inserted, sum(updated) AS updated, sum(deleted) AS deleted FROM cutover_last_report;
SELECT snapshots, count(*) AS orders FROM (SELECT count(*) AS snapshots FROM ro_snapshots GROUP BY repair_order_id) GROUP BY snapshots;
SELECT status, posted_date, their_gp_cents FROM ro_snapshots WHERE repair_order_id = 100002 ORDER BY taken_at;

.print
.print "6. One order alone, fetched into a folder of its own; and a snapshot by hand."
.print
.print "   SELECT sync_phase('warehouse', '{\"root\": \"one\"}');"
.once /dev/null
SELECT sync_phase('warehouse', '{"root": "one"}');
SELECT table_name, staged, inserted, updated, deleted FROM cutover_last_report WHERE table_name IN ('repair_orders', 'job_parts', 'ro_snapshots', 'daily_shop_metrics');
.print "   SELECT take_snapshot('warehouse', '100011');"
SELECT take_snapshot('warehouse', '100011') AS taken;
.print "   And the orders of the last days again, without their lines:"
.print
.print "   SELECT sync_phase('warehouse', '{\"root\": \"day-3\", \"tables\": [\"repair_orders\"], \"since\": \"2026-11-12 12:00:00+00\"}');"
.once /dev/null
SELECT sync_phase('warehouse', '{"root": "day-3", "tables": ["repair_orders"], "since": "2026-11-12 12:00:00+00"}');
SELECT table_name, mode, staged, inserted, updated, unchanged FROM cutover_last_report;

.print
.print "7. What is derived says what the tables say, and every reference leads somewhere:"
SELECT (SELECT count(*) FROM daily_shop_metrics) AS shop_days,
       (SELECT sum(gp_cents) FROM daily_shop_metrics) = (SELECT sum(gp_cents) FROM order_profit WHERE posted_date IS NOT NULL) AS shops_right,
       (SELECT sum(labor_cents) FROM tech_daily_metrics)
       = (SELECT sum(l.labor_cents) FROM labor_profit l JOIN repair_orders r ON r.id = l.repair_order_id WHERE r.posted_date IS NOT NULL) AS technicians_right,
       (SELECT count(*) FROM pragma_foreign_key_check) AS dangling;
SELECT * FROM customers_analytics WHERE id = 2;
.print "   SQLite has no roles: whoever can read the file reads the customers, too. PostgreSQL's demo shows row security."
