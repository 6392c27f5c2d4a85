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
GRANT USAGE ON ALL SEQUENCES IN SCHEMA cutover TO warehouse_loader, warehouse_plain;
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
\echo '   SELECT cutover.load_plan(''plan.json'');'
SELECT cutover.load_plan(:'work' || '/plan.json') AS load_plan;

\echo
\echo '2. Day 1, in one transaction; each file is decoded once. Customers and employees that are only named are made as stubs;'
\echo '   a price with a tenth of a cent is refused. "gross profit" is a check that warns.'
\echo
\echo '   SELECT * FROM cutover.sync_phase(''warehouse'');'
SELECT table_name, write, mode, staged, inserted, updated, unchanged, deleted, quarantined, skipped FROM cutover.sync_phase('warehouse');
SELECT table_name, reason, detail FROM cutover.quarantine;
SELECT r.id, r.status, r.created_at, r.posted_date, count(*) AS parts, sum(p.cost_cents) AS cost_cents, sum(p.retail_cents) AS retail_cents
FROM repair_orders r JOIN job_parts p ON p.repair_order_id = r.id WHERE r.id = 100001 GROUP BY r.id;
SELECT (SELECT count(*) FROM ro_snapshots) AS snapshots, (SELECT count(*) FROM cutover.raw_document) AS raw_documents,
       (SELECT count(*) FROM cutover.stub WHERE completed_run IS NULL) AS stubs;
\echo '   Our gross profit against theirs: an order whose sum is five dollars off there, and the one with the refused price.'
SELECT check_name AS "check", status, detail FROM cutover.validate_phase('warehouse') WHERE check_name LIKE 'gross%';

\echo
\echo '3. The same day once more writes nothing.'
\echo
\echo '   SELECT * FROM cutover.sync_phase(''warehouse'');'
SELECT sum(inserted) AS inserted, sum(updated) AS updated, sum(deleted) AS deleted, (SELECT count(*) FROM ro_snapshots) AS snapshots FROM cutover.sync_phase('warehouse');

\echo
\echo '4. Day 2: 195 documents. Orders move on, some have a job more, 34 parts have vanished from theirs; 20 orders are new. Other orders'
\echo '   are left alone. The shops'' cursors say what is new; of the daily metrics only the days that changed are computed.'
\echo
\echo '   SELECT * FROM cutover.sync_phase(''warehouse'', root => ''day-2'');'
SELECT table_name, write, mode, staged, inserted, updated, unchanged, deleted FROM cutover.sync_phase('warehouse', root => :'work' || '/day-2');
SELECT group_key, column_name, cursor_value FROM cutover.sync_cursor ORDER BY group_key;
\echo '   The stubs of employees are complete now, as are those of customers that have come with an order:'
SELECT table_name, count(*) AS stubs, count(completed_run) AS complete FROM cutover.stub GROUP BY table_name ORDER BY table_name;

\echo
\echo '5. Day 3, twice. Each change of status has one snapshot, however often a document comes.'
\echo
\echo '   SELECT * FROM cutover.sync_phase(''warehouse'', root => ''day-3'');'
SELECT table_name, write, mode, staged, inserted, updated, unchanged, deleted FROM cutover.sync_phase('warehouse', root => :'work' || '/day-3');
SELECT sum(inserted) AS inserted, sum(updated) AS updated, sum(deleted) AS deleted FROM cutover.sync_phase('warehouse', root => :'work' || '/day-3');
SELECT snapshots, count(*) AS orders FROM (SELECT count(*) AS snapshots FROM ro_snapshots GROUP BY repair_order_id) s GROUP BY snapshots ORDER BY snapshots;
SELECT status, posted_date, their_gp_cents FROM ro_snapshots WHERE repair_order_id = 100002 ORDER BY taken_at;

\echo
\echo '6. One order alone, fetched into a folder of its own; and a snapshot by hand.'
\echo
\echo '   SELECT * FROM cutover.sync_phase(''warehouse'', root => ''one'');'
SELECT table_name, staged, inserted, updated, deleted FROM cutover.sync_phase('warehouse', root => :'work' || '/one') WHERE table_name IN ('repair_orders', 'job_parts', 'ro_snapshots', 'daily_shop_metrics');
\echo '   SELECT cutover.take_snapshot(''warehouse'', ''100011'');'
SELECT cutover.take_snapshot('warehouse', '100011') AS taken;
\echo '   And the orders of the last days again, without their lines:'
\echo
\echo '   SELECT * FROM cutover.sync_phase(''warehouse'', root => ''day-3'', tables => ARRAY[''repair_orders''], since => ''2026-11-12 12:00:00+00'');'
SELECT table_name, mode, staged, inserted, updated, unchanged FROM cutover.sync_phase('warehouse', root => :'work' || '/day-3', tables => ARRAY['repair_orders'], since => '2026-11-12 12:00:00+00');

\echo
\echo '7. What is derived says what the tables say, and every reference leads somewhere:'
SELECT (SELECT count(*) FROM daily_shop_metrics) AS shop_days,
       (SELECT sum(gp_cents) FROM daily_shop_metrics) = (SELECT sum(gp_cents) FROM order_profit WHERE posted_date IS NOT NULL) AS shops_right,
       (SELECT sum(labor_cents) FROM tech_daily_metrics)
       = (SELECT sum(l.labor_cents) FROM labor_profit l JOIN repair_orders r ON r.id = l.repair_order_id WHERE r.posted_date IS NOT NULL) AS technicians_right;
\echo
\echo '8. Every table has row security. The role that syncs has BYPASSRLS (or owns the tables); without it a run is refused, since'
\echo '   policies would hide rows from it. An analyst sees no personal data, only the view without it.'
\echo
\echo '   SET ROLE warehouse_plain;   SELECT cutover.sync_phase(''warehouse'');'
SET ROLE warehouse_plain;
SELECT * FROM cutover.sync_phase('warehouse', root => :'work' || '/day-3');
RESET ROLE;
\echo '   SET ROLE warehouse_loader;   SELECT cutover.sync_phase(''warehouse'');'
SET ROLE warehouse_loader;
SELECT sum(staged) AS staged, sum(inserted) AS inserted, sum(updated) AS updated FROM cutover.sync_phase('warehouse', root => :'work' || '/day-3');
RESET ROLE;
\echo '   SET ROLE analyst;   SELECT * FROM customers;   SELECT * FROM customers_analytics;'
SET ROLE analyst;
SELECT * FROM customers;
SELECT * FROM customers_analytics WHERE id = 2;
RESET ROLE;
