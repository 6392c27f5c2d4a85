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
.print "2. Day 1, in one transaction; each file is decoded once. Customers, vehicles and employees that are only named are made as"
.print "   stubs; a price with a tenth of a cent is refused."
.print
.print "   SELECT sync_phase('warehouse');"
.once /dev/null
SELECT sync_phase('warehouse');
SELECT table_name, write, mode, staged, inserted, updated, unchanged, deleted, quarantined, skipped FROM cutover_last_report;
SELECT table_name, reason, detail FROM cutover_quarantine;
.print "   The shop wrote createdDate 08:30 at -06:00 and postedDate 03:15 of the next day in UTC:"
SELECT r.id, r.status, r.created_at, r.posted_date, count(*) AS parts, sum(p.cost_cents) AS cost_cents, sum(p.retail_cents) AS retail_cents
FROM repair_orders r JOIN job_parts p ON p.repair_order_id = r.id WHERE r.id = 100001;
.print "   No cent is lost: what the documents say of parts, added up by SQLite itself, is what the table says, but for the refused price:"
SELECT count(*) AS parts, sum(round((part.value ->> 'retail') * 100, 1)) AS retail_of_documents,
       (SELECT sum(retail_cents) FROM job_parts) AS retail_cents
FROM cutover_raw_document d, json_each(d.document, '$.jobs') job, json_each(job.value, '$.parts') part;
SELECT (SELECT count(*) FROM ro_snapshots) AS snapshots, (SELECT count(*) FROM cutover_raw_document) AS raw_documents,
       (SELECT count(*) FROM cutover_stub WHERE completed_run IS NULL) AS stubs;
.print "   Our gross profit against theirs, to a dollar for each order (a check that warns) and to 1 % for all: an order whose sum"
.print "   is five dollars off there, and the one with the refused price."
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
.print "   are left alone, and the refused price waits. Of the daily metrics of shops only the days that changed are computed."
.print "   100006 has lost a part; 100005 is in no document of the day. Before:"
SELECT repair_order_id, count(*) AS parts FROM job_parts WHERE repair_order_id IN (100005, 100006) GROUP BY repair_order_id ORDER BY repair_order_id;
.print "   SELECT sync_phase('warehouse', '{\"root\": \"day-2\"}');"
.once /dev/null
SELECT sync_phase('warehouse', '{"root": "day-2"}');
SELECT table_name, write, mode, staged, inserted, updated, unchanged, deleted FROM cutover_last_report;
.print "   After:"
SELECT repair_order_id, count(*) AS parts FROM job_parts WHERE repair_order_id IN (100005, 100006) GROUP BY repair_order_id ORDER BY repair_order_id;
SELECT table_name, row_key, first_run, last_run FROM cutover_quarantine;
.print "   Cursors per table and shop say how far all is read: from there on, less the lag, the shops are asked for the next day."
SELECT table_name, group_key, column_name, cursor_value FROM cutover_sync_cursor ORDER BY table_name, group_key;
.print "   The stubs have come by now, and are complete:"
SELECT table_name, count(*) AS stubs, count(completed_run) AS complete FROM cutover_stub GROUP BY table_name ORDER BY table_name;
SELECT s.table_name, c.id, c.first_name, c.city
FROM cutover_stub s JOIN customers c ON s.row_key = '["' || c.id || '"]' WHERE s.table_name = 'customers' ORDER BY c.id LIMIT 1;

.print
.print "5. Day 3, twice. Each change of status has one snapshot, however often a document comes. The price is mended, and leaves the quarantine."
.print
.print "   SELECT sync_phase('warehouse', '{\"root\": \"day-3\"}');"
.once /dev/null
SELECT sync_phase('warehouse', '{"root": "day-3"}');
SELECT table_name, write, mode, staged, inserted, updated, unchanged, deleted FROM cutover_last_report;
.once /dev/null
SELECT sync_phase('warehouse', '{"root": "day-3"}');
SELECT sum(inserted) AS inserted, sum(updated) AS updated, sum(deleted) AS deleted FROM cutover_last_report;
SELECT count(*) AS refused, (SELECT retail_cents FROM job_parts WHERE id = 10177711) AS mended_cents FROM cutover_quarantine;
SELECT snapshots, count(*) AS orders FROM (SELECT count(*) AS snapshots FROM ro_snapshots GROUP BY repair_order_id) GROUP BY snapshots ORDER BY snapshots;
SELECT status, posted_date, their_gp_cents FROM ro_snapshots WHERE repair_order_id = 100002 ORDER BY taken_at;

.print
.print "6. One order alone, fetched into a folder of its own; and a snapshot by hand, of an ESTIMATE."
.print
.print "   SELECT sync_phase('warehouse', '{\"root\": \"one\"}');"
.once /dev/null
SELECT sync_phase('warehouse', '{"root": "one"}');
SELECT table_name, staged, inserted, updated, deleted FROM cutover_last_report WHERE table_name IN ('repair_orders', 'job_parts', 'ro_snapshots', 'daily_shop_metrics');
.print "   SELECT take_snapshot('warehouse', '100023');"
SELECT take_snapshot('warehouse', '100023') AS taken;
SELECT status, posted_date FROM ro_snapshots WHERE repair_order_id = 100023;
.print "   And the orders of the last days again, without their lines (\"since\" may be an age, too, such as \"7 days\"):"
.print
.print "   SELECT sync_phase('warehouse', '{\"root\": \"day-3\", \"tables\": [\"repair_orders\"], \"since\": \"2026-11-12 12:00:00+00\"}');"
.once /dev/null
SELECT sync_phase('warehouse', '{"root": "day-3", "tables": ["repair_orders"], "since": "2026-11-12 12:00:00+00"}');
SELECT table_name, mode, staged, inserted, updated, unchanged FROM cutover_last_report;

.print
.print "7. Three orders come late, changed in the very second up to which the shop was read, five hours and three days before. The lag"
.print "   of a day brings the first two; the third comes when it is asked for. All are WORKINPROGRESS in their documents."
.print
.print "   SELECT sync_phase('warehouse', '{\"root\": \"late\"}');"
.once /dev/null
SELECT sync_phase('warehouse', '{"root": "late"}');
SELECT id, status, updated_at FROM repair_orders WHERE id IN (100011, 100015, 100019) ORDER BY id;
.print "   SELECT sync_phase('warehouse', '{\"root\": \"late\", \"since\": \"2026-11-01 00:00:00+00\"}');"
.once /dev/null
SELECT sync_phase('warehouse', '{"root": "late", "since": "2026-11-01 00:00:00+00"}');
SELECT id, status FROM repair_orders WHERE id = 100019;

.print
.print "8. Words and numbers that mean something are of a list: roles are 1 to 4. Three wrong ones are refused, here in rehearsals."
SELECT role, count(*) AS employees FROM employees GROUP BY role ORDER BY role;
.print "   SELECT sync_phase('warehouse', '{\"root\": \"wrong\", \"rehearse\": true, \"tables\": [\"employees\"]}');  and so on"
SELECT sync_phase('warehouse', '{"root": "wrong", "rehearse": true, "tables": ["employees"]}');
SELECT sync_phase('warehouse', '{"root": "wrong", "rehearse": true, "tables": ["repair_orders"]}');
SELECT sync_phase('warehouse', '{"root": "wrong", "rehearse": true, "tables": ["job_fees"]}');

.print
.print "9. What is derived says what the tables say, and every reference leads somewhere:"
SELECT shop_id, metric_date, orders, revenue_cents, gp_cents FROM daily_shop_metrics ORDER BY shop_id, metric_date;
SELECT (SELECT count(*) FROM daily_shop_metrics) AS shop_days,
       (SELECT sum(gp_cents) FROM daily_shop_metrics) = (SELECT sum(gp_cents) FROM order_profit WHERE posted_date IS NOT NULL) AS shops_right,
       (SELECT sum(labor_cents) FROM tech_daily_metrics)
       = (SELECT sum(l.labor_cents) FROM labor_profit l JOIN repair_orders r ON r.id = l.repair_order_id WHERE r.posted_date IS NOT NULL) AS technicians_right,
       (SELECT count(*) FROM pragma_foreign_key_check) AS dangling;
.print "   Only the order that is off there is still off:"
SELECT value ->> 'check_name' AS "check", value ->> 'status' AS status, value ->> 'detail' AS detail
FROM json_each(validate_phase('warehouse')) WHERE value ->> 'check_name' LIKE 'gross%';

.print
.print "10. The log has every run, and the documents that it read, here for 30 days. With 0 days the next sync forgets those of all before it."
SELECT r.run_id, r.kind, r.status, count(*) AS tables, sum(t.staged) AS staged, sum(t.inserted + t.updated + t.deleted) AS written,
       (SELECT count(*) FROM cutover_raw_document d WHERE d.run_id = r.run_id) AS raw_documents
FROM cutover_run r JOIN cutover_run_table t ON t.run_id = r.run_id GROUP BY r.run_id ORDER BY r.run_id;
.once /dev/null
SELECT load_plan(replace(CAST(readfile('plan.json') AS text), '{"days": 30}', '{"days": 0}'));
.once /dev/null
SELECT sync_phase('warehouse', '{"root": "one"}');
SELECT count(*) AS raw_documents FROM cutover_raw_document;
.once /dev/null
SELECT load_plan('plan.json');

.print
.print "11. For analytics there is a view without names, addresses and numbers of customers:"
SELECT * FROM customers_analytics WHERE id = 2;
.print "   SQLite has no roles and no row security: whoever can read the file reads the customers, too. Give analysts a copy of what they"
.print "   may see. PostgreSQL's demo shows roles."
