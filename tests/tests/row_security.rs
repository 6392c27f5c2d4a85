//! Row security in PostgreSQL: who may sync tables that have it, and what an analyst sees of them. (SQLite has none.)

use std::fs;
use std::path::{Path, PathBuf};

use cutover_tests::client::Client;
use cutover_tests::postgres::server;
use cutover_tests::{calls, files, in_use};

/// A warehouse whose tables all have row security, owned by a role that is no superuser; an analyst may read
/// one view, and the daily figures by a policy.
const WAREHOUSE: &str = "
DO $$ BEGIN CREATE ROLE wh_owner; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
DO $$ BEGIN CREATE ROLE wh_loader; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
DO $$ BEGIN CREATE ROLE wh_analyst; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
ALTER ROLE wh_loader NOBYPASSRLS;
GRANT pg_read_server_files TO wh_owner, wh_loader; GRANT USAGE ON SCHEMA cutover TO wh_owner, wh_loader;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA cutover TO wh_owner, wh_loader;
GRANT ALL ON ALL TABLES IN SCHEMA cutover TO wh_owner, wh_loader;
CREATE SCHEMA wh AUTHORIZATION wh_owner; GRANT USAGE ON SCHEMA wh TO wh_loader, wh_analyst;
SET ROLE wh_owner;
CREATE TABLE wh.orders (id integer PRIMARY KEY, shop_id integer, customer text, email text, status text, total integer);
CREATE TABLE wh.order_snapshots (order_id integer, status text);
CREATE TABLE wh.daily (shop_id integer PRIMARY KEY, orders integer, total integer);
ALTER TABLE wh.orders ENABLE ROW LEVEL SECURITY; ALTER TABLE wh.order_snapshots ENABLE ROW LEVEL SECURITY;
ALTER TABLE wh.daily ENABLE ROW LEVEL SECURITY; CREATE POLICY shop ON wh.daily FOR SELECT TO wh_analyst USING (shop_id = 1);
CREATE VIEW wh.orders_safe AS SELECT id, shop_id, status, total FROM wh.orders;
GRANT ALL ON wh.orders, wh.order_snapshots, wh.daily TO wh_loader;
GRANT SELECT ON wh.orders_safe, wh.daily TO wh_analyst;
RESET ROLE";

const DAILY: &str = "SELECT string_agg(format('%s:%s', shop_id, total), ' ' ORDER BY shop_id) FROM wh.daily";

const HINT: &str = "call it as a role with BYPASSRLS, or as the table's owner";

fn warehouse() -> (Client, PathBuf) {
    let root = in_use::folder("row_security");
    server().new_database("row_security");
    let mut client = Client::postgres("row_security");
    client.run(WAREHOUSE).ok("the warehouse");
    let plan = format!(
        r#"{{"version": 1, "root": "{}", "phases": [{{"name": "wh", "tables": [
            {{"table": "wh.orders", "source": {{"parquet": "orders.parquet"}}, "write": "upsert",
              "snapshots": [{{"into": "wh.order_snapshots", "when": {{"column": "status", "becomes": ["POSTED"]}},
                              "columns": {{"order_id": "id", "status": "status"}}}}]}},
            {{"table": "wh.daily", "write": "replace", "derived_from": ["wh.orders"], "recompute": {{"by": ["shop_id"]}},
              "source": {{"query": "SELECT shop_id, count(*) AS orders, sum(total) AS total FROM wh.orders GROUP BY shop_id"}}}}]}}]}}"#,
        root.display()
    );
    fs::write(root.join("plan.json"), plan).expect("the plan");
    orders(
        &root,
        &["1 | 1 | Ann | ann@example.org | POSTED | 100", "2 | 2 | Bob | bob@example.org | OPEN | 200"],
    );
    client.run("SET ROLE wh_owner").ok("the owner");
    calls::call(&mut client, &format!("load_plan('{}/plan.json')", root.display())).1.ok("the plan");
    client.run("RESET ROLE").ok("back");
    (client, root)
}

fn orders(root: &Path, rows: &[&str]) {
    let rows: Vec<String> = rows.iter().map(|row| (*row).to_owned()).collect();
    let columns = "id int64, shop_id int64, customer text, email text, status text, total int64";
    files::write(&root.join("orders.parquet"), columns, &rows);
}

fn shows(client: &mut Client, sql: &str, expected: &str) {
    assert_eq!(client.run(sql).ok(sql)[0][0].clone().unwrap_or_default(), expected, "{sql}");
}

fn refused(client: &mut Client, sql: &str, parts: &[&str]) {
    let error = client.run(sql).error.unwrap_or_else(|| panic!("{sql}: expected an error"));
    assert_eq!(error.code, "42501", "{sql}: {}", error.text);
    for part in parts {
        assert!(error.text.contains(part), "{sql}: expected {part:?} in {}", error.text);
    }
}

#[test]
fn a_role_that_sees_all_rows_syncs_and_an_analyst_sees_a_view() {
    let (mut client, root) = warehouse();
    client.run("SET ROLE wh_owner").ok("the owner");
    calls::call(&mut client, "sync_phase('wh')").1.ok("the owner may");
    shows(&mut client, DAILY, "1:100 2:200");
    shows(&mut client, "SELECT string_agg(order_id::text, ' ') FROM wh.order_snapshots", "1");
    // To whom the tables are but granted sees none of their rows.
    client.run("RESET ROLE; SET ROLE wh_loader").ok("the loader");
    refused(
        &mut client,
        "SELECT * FROM cutover.sync_phase('wh')",
        &["row security hides rows of \"orders\"", "What is derived would be computed", HINT],
    );
    refused(&mut client, "SELECT cutover.take_snapshot('wh', '1')", &[HINT]);
    client.run("RESET ROLE; ALTER ROLE wh_loader BYPASSRLS; SET ROLE wh_loader").ok("who sees all");
    orders(&root, &["2 | 2 | Bob | bob@example.org | POSTED | 250"]);
    calls::call(&mut client, "sync_phase('wh')").1.ok("a role with BYPASSRLS may");
    shows(&mut client, DAILY, "1:100 2:250");
    shows(&mut client, "SELECT cutover.take_snapshot('wh', '1')", "1");
    shows(
        &mut client,
        "SELECT string_agg(order_id::text, ' ' ORDER BY order_id) FROM wh.order_snapshots",
        "1 1 2",
    );
    // An analyst sees the view without personal data, the rows of a policy, and no more.
    client.run("RESET ROLE; SET ROLE wh_analyst").ok("the analyst");
    shows(
        &mut client,
        "SELECT string_agg(o::text, ' ' ORDER BY id) FROM wh.orders_safe o",
        "(1,1,POSTED,100) (2,2,POSTED,250)",
    );
    shows(&mut client, "SELECT string_agg(shop_id::text, ' ') FROM wh.daily", "1");
    refused(&mut client, "SELECT customer, email FROM wh.orders", &["permission denied for table orders"]);
    refused(&mut client, "SELECT * FROM wh.order_snapshots", &["permission denied"]);
    refused(&mut client, "SELECT * FROM cutover.sync_phase('wh')", &["permission denied"]);
    refused(&mut client, "SELECT row_data FROM cutover.quarantine", &["permission denied"]);
    // Policies that are forced hold for the owner too, also those of one table that nothing is derived from.
    client.run("RESET ROLE; ALTER ROLE wh_loader NOBYPASSRLS").ok("back");
    client.run("ALTER TABLE wh.daily FORCE ROW LEVEL SECURITY; SET ROLE wh_owner").ok("forced");
    refused(
        &mut client,
        "SELECT * FROM cutover.sync_phase('wh')",
        &["row security hides rows of \"daily\"", "A query that reads it would see a part of the rows", HINT],
    );
    client.run("RESET ROLE; ALTER TABLE wh.daily NO FORCE ROW LEVEL SECURITY").ok("back");
    client.run("ALTER TABLE wh.order_snapshots FORCE ROW LEVEL SECURITY; SET ROLE wh_owner").ok("forced");
    refused(
        &mut client,
        "SELECT * FROM cutover.sync_phase('wh')",
        &["row security hides rows of \"order_snapshots\"", "would be inserted again", HINT],
    );
}
