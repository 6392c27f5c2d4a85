\i schema.postgres.sql
-- Roles: one that syncs past all policies, one that may do the same but for that, one that only looks.
CREATE ROLE warehouse_loader BYPASSRLS;
CREATE ROLE warehouse_plain;
CREATE ROLE analyst;
SELECT format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', relname) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
\gexec
GRANT USAGE ON SCHEMA cutover TO warehouse_loader, warehouse_plain;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA cutover TO warehouse_loader, warehouse_plain;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA cutover TO warehouse_loader, warehouse_plain;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO warehouse_loader, warehouse_plain;
GRANT pg_read_server_files TO warehouse_loader, warehouse_plain;
GRANT SELECT ON customers_analytics, daily_shop_metrics TO analyst;
\echo
\echo 'Two repair shops answer with nested JSON: an order with its customer, vehicle, jobs, and their parts, labor, sublets and fees.'
\echo 'Whatever asks them writes what it gets into a folder per day: day-1 has 2,000 orders, the others what has changed.'
\echo
\echo '1. The plan: nine tables are filled from the same documents, two are derived from them; ro_snapshots gets a row whenever an'
\echo '   order becomes POSTED or COMPLETE. Amounts become cents, moments UTC, posted_date the shops'' own day.'
\echo
\echo '   SELECT cutover.load_plan(''.../plan.json'');'
SELECT cutover.load_plan(:'work' || '/plan.json') AS load_plan;

\echo
\echo '2. Day 1, in one transaction; each file is decoded once. Customers, vehicles and employees that are only named are made as'
\echo '   stubs; a price with a tenth of a cent is refused.'
\echo
\echo '   SELECT * FROM cutover.sync_phase(''warehouse'');'
SELECT table_name, write, mode, staged, inserted, updated, unchanged, deleted, quarantined, skipped FROM cutover.sync_phase('warehouse');
SELECT table_name, reason, detail FROM cutover.quarantine;
\echo '   The shop wrote createdDate 08:30 at -06:00 and postedDate 03:15 of the next day in UTC:'
SELECT r.id, r.status, r.created_at, r.posted_date, count(*) AS parts, sum(p.cost_cents) AS cost_cents, sum(p.retail_cents) AS retail_cents
FROM repair_orders r JOIN job_parts p ON p.repair_order_id = r.id WHERE r.id = 100001 GROUP BY r.id;
\echo '   No cent is lost: what the documents say of parts, added up by PostgreSQL itself, is what the table says, but for the refused price:'
SELECT count(*) AS parts, trim_scale(sum((part ->> 'retail')::numeric * 100)) AS retail_of_documents,
       (SELECT sum(retail_cents) FROM job_parts) AS retail_cents
FROM cutover.raw_document d, json_array_elements(d.document::json -> 'jobs') job, json_array_elements(job -> 'parts') part;
SELECT (SELECT count(*) FROM ro_snapshots) AS snapshots, (SELECT count(*) FROM cutover.raw_document) AS raw_documents,
       (SELECT count(*) FROM cutover.stub WHERE completed_run IS NULL) AS stubs;
\echo '   Our gross profit against theirs, to a dollar for each order (the check that warned, as it will in every run; its warnings are'
\echo '   left out from here on) and to 1 % for all: an order whose sum is five dollars off there, and the one with the refused price.'
SET client_min_messages = error;
SELECT check_name AS "check", status, detail FROM cutover.validate_phase('warehouse') WHERE check_name LIKE 'gross%';

\echo
\echo '3. The same day once more writes nothing.'
\echo
\echo '   SELECT * FROM cutover.sync_phase(''warehouse'');'
SELECT sum(inserted) AS inserted, sum(updated) AS updated, sum(deleted) AS deleted, (SELECT count(*) FROM ro_snapshots) AS snapshots FROM cutover.sync_phase('warehouse');

\echo
\echo '4. Day 2: 195 documents. Orders move on, some have a job more, 34 parts have vanished from theirs; 20 orders are new. Other orders'
\echo '   are left alone, and the refused price waits. Of the daily metrics of shops only the days that changed are computed.'
\echo '   100006 has lost a part; 100005 is in no document of the day. Before:'
SELECT repair_order_id, count(*) AS parts FROM job_parts WHERE repair_order_id IN (100005, 100006) GROUP BY repair_order_id ORDER BY repair_order_id;
\echo '   SELECT * FROM cutover.sync_phase(''warehouse'', root => ''.../day-2'');'
SELECT table_name, write, mode, staged, inserted, updated, unchanged, deleted FROM cutover.sync_phase('warehouse', root => :'work' || '/day-2');
\echo '   After:'
SELECT repair_order_id, count(*) AS parts FROM job_parts WHERE repair_order_id IN (100005, 100006) GROUP BY repair_order_id ORDER BY repair_order_id;
SELECT table_name, row_key, first_run, last_run FROM cutover.quarantine;
\echo '   Cursors per table and shop say how far all is read: from there on, less the lag, the shops are asked for the next day.'
SELECT table_name, group_key, column_name, cursor_value FROM cutover.sync_cursor ORDER BY table_name, group_key;
\echo '   The stubs have come by now, and are complete:'
SELECT table_name, count(*) AS stubs, count(completed_run) AS complete FROM cutover.stub GROUP BY table_name ORDER BY table_name;
SELECT s.table_name, c.id, c.first_name, c.city
FROM cutover.stub s JOIN customers c ON s.row_key = '["' || c.id || '"]' WHERE s.table_name = 'customers' ORDER BY c.id LIMIT 1;

\echo
\echo '5. Day 3, twice. Each change of status has one snapshot, however often a document comes. The price is mended, and leaves the quarantine.'
\echo
\echo '   SELECT * FROM cutover.sync_phase(''warehouse'', root => ''.../day-3'');'
SELECT table_name, write, mode, staged, inserted, updated, unchanged, deleted FROM cutover.sync_phase('warehouse', root => :'work' || '/day-3');
SELECT sum(inserted) AS inserted, sum(updated) AS updated, sum(deleted) AS deleted FROM cutover.sync_phase('warehouse', root => :'work' || '/day-3');
SELECT count(*) AS refused, (SELECT retail_cents FROM job_parts WHERE id = 10177711) AS mended_cents FROM cutover.quarantine;
SELECT snapshots, count(*) AS orders FROM (SELECT count(*) AS snapshots FROM ro_snapshots GROUP BY repair_order_id) s GROUP BY snapshots ORDER BY snapshots;
SELECT status, posted_date, their_gp_cents FROM ro_snapshots WHERE repair_order_id = 100002 ORDER BY taken_at;

\echo
\echo '6. One order alone, fetched into a folder of its own; and a snapshot by hand, of an ESTIMATE.'
\echo
\echo '   SELECT * FROM cutover.sync_phase(''warehouse'', root => ''.../one'');'
SELECT table_name, staged, inserted, updated, deleted FROM cutover.sync_phase('warehouse', root => :'work' || '/one') WHERE table_name IN ('repair_orders', 'job_parts', 'ro_snapshots', 'daily_shop_metrics');
\echo '   SELECT cutover.take_snapshot(''warehouse'', ''100023'');'
SELECT cutover.take_snapshot('warehouse', '100023') AS taken;
SELECT status, posted_date FROM ro_snapshots WHERE repair_order_id = 100023;
\echo '   And the orders of the last days again, without their lines ("since" may be an age, too, such as "7 days"):'
\echo
\echo '   SELECT * FROM cutover.sync_phase(''warehouse'', root => ''.../day-3'', tables => ARRAY[''repair_orders''], since => ''2026-11-12 12:00:00+00'');'
SELECT table_name, mode, staged, inserted, updated, unchanged FROM cutover.sync_phase('warehouse', root => :'work' || '/day-3', tables => ARRAY['repair_orders'], since => '2026-11-12 12:00:00+00');

\echo
\echo '7. Three orders come late, changed in the very second up to which the shop was read, five hours and three days before. The lag'
\echo '   of a day brings the first two; the third comes when it is asked for. All are WORKINPROGRESS in their documents.'
\echo
\echo '   SELECT * FROM cutover.sync_phase(''warehouse'', root => ''.../late'');'
SELECT count(*) FROM cutover.sync_phase('warehouse', root => :'work' || '/late') \g /dev/null
SELECT id, status, updated_at FROM repair_orders WHERE id IN (100011, 100015, 100019) ORDER BY id;
\echo '   SELECT * FROM cutover.sync_phase(''warehouse'', root => ''.../late'', since => ''2026-11-01 00:00:00+00'');'
SELECT count(*) FROM cutover.sync_phase('warehouse', root => :'work' || '/late', since => '2026-11-01 00:00:00+00') \g /dev/null
SELECT id, status FROM repair_orders WHERE id = 100019;

\echo
\echo '8. Words and numbers that mean something are of a list: roles are 1 to 4. Three wrong ones are refused, here in rehearsals.'
SELECT role, count(*) AS employees FROM employees GROUP BY role ORDER BY role;
\echo '   SELECT * FROM cutover.sync_phase(''warehouse'', root => ''.../wrong'', rehearse => true, tables => ARRAY[''employees'']);  and so on'
SELECT table_name, staged FROM cutover.sync_phase('warehouse', root => :'work' || '/wrong', rehearse => true, tables => ARRAY['employees']);
SELECT table_name, staged FROM cutover.sync_phase('warehouse', root => :'work' || '/wrong', rehearse => true, tables => ARRAY['repair_orders']);
SELECT table_name, staged FROM cutover.sync_phase('warehouse', root => :'work' || '/wrong', rehearse => true, tables => ARRAY['job_fees']);

\echo
\echo '9. What is derived says what the tables say:'
SELECT shop_id, metric_date, orders, revenue_cents, gp_cents FROM daily_shop_metrics ORDER BY shop_id, metric_date;
SELECT (SELECT count(*) FROM daily_shop_metrics) AS shop_days,
       (SELECT sum(gp_cents) FROM daily_shop_metrics) = (SELECT sum(gp_cents) FROM order_profit WHERE posted_date IS NOT NULL) AS shops_right,
       (SELECT sum(labor_cents) FROM tech_daily_metrics)
       = (SELECT sum(l.labor_cents) FROM labor_profit l JOIN repair_orders r ON r.id = l.repair_order_id WHERE r.posted_date IS NOT NULL) AS technicians_right;
\echo '   Only the order that is off there is still off:'
SELECT check_name AS "check", status, detail FROM cutover.validate_phase('warehouse') WHERE check_name LIKE 'gross%';

\echo
\echo '10. The log has every run, and the documents that it read, here for 30 days. With 0 days the next sync forgets those of all before it.'
SELECT r.run_id, r.kind, r.status, count(*) AS tables, sum(t.staged) AS staged, sum(t.inserted + t.updated + t.deleted) AS written,
       (SELECT count(*) FROM cutover.raw_document d WHERE d.run_id = r.run_id) AS raw_documents
FROM cutover.run r JOIN cutover.run_table t ON t.run_id = r.run_id GROUP BY r.run_id ORDER BY r.run_id;
SELECT cutover.load_plan(replace(pg_read_file(:'work' || '/plan.json'), '{"days": 30}', '{"days": 0}')) \g /dev/null
SELECT count(*) FROM cutover.sync_phase('warehouse', root => :'work' || '/one') \g /dev/null
SELECT count(*) AS raw_documents FROM cutover.raw_document;
SELECT cutover.load_plan(:'work' || '/plan.json') \g /dev/null

\echo
\echo '11. Every table has row security. The role that syncs has BYPASSRLS (or owns the tables); without it a run is refused, since'
\echo '    policies would hide rows from it.'
SELECT count(*) AS tables, count(*) FILTER (WHERE relrowsecurity) AS with_row_security FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace;
\echo '   SET ROLE warehouse_plain;   SELECT * FROM cutover.sync_phase(''warehouse'', root => ''.../day-3'');'
SET ROLE warehouse_plain;
SELECT * FROM cutover.sync_phase('warehouse', root => :'work' || '/day-3');
RESET ROLE;
\echo '   SET ROLE warehouse_loader;   SELECT * FROM cutover.sync_phase(''warehouse'', root => ''.../day-3'');'
SET ROLE warehouse_loader;
SELECT count(*) AS tables, sum(inserted + updated + deleted) AS written FROM cutover.sync_phase('warehouse', root => :'work' || '/day-3');
RESET ROLE;

\echo
\echo '12. An analyst sees no personal data: not the customers and not the documents, only the view without names, addresses and numbers.'
\echo
\echo '   SET ROLE analyst;   SELECT * FROM customers;   SELECT * FROM cutover.raw_document;   SELECT * FROM customers_analytics;'
SET ROLE analyst;
SELECT * FROM customers;
SELECT * FROM cutover.raw_document;
SELECT * FROM customers_analytics WHERE id = 2;
RESET ROLE;
