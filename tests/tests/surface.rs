//! Pins everything that users can see: functions with their arguments, tables and views with their
//! columns. A change shows as a difference to `data/surface.*.txt`; where it is meant,
//! `CUTOVER_BLESS=1 cargo test -p cutover-tests --test surface` writes those files anew.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use cutover_tests::client::Client;
use cutover_tests::home;
use cutover_tests::postgres::server;

fn compare(name: &str, found: &str) {
    let path: PathBuf = home().join("tests/data").join(name);
    if std::env::var_os("CUTOVER_BLESS").is_some() {
        fs::write(&path, found).expect("the file can be written");
    }
    let pinned = fs::read_to_string(&path).unwrap_or_default();
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<BTreeSet<_>>();
    let (pinned_lines, found_lines) = (lines(&pinned), lines(found));
    let gone: Vec<_> = pinned_lines.difference(&found_lines).collect();
    let new: Vec<_> = found_lines.difference(&pinned_lines).collect();
    assert!(pinned == found, "the public surface is not that of {name}\ngone: {gone:#?}\nnew: {new:#?}");
}

/// The first column of a query, a line each.
fn lines(client: &mut Client, sql: &str) -> String {
    client.run(sql).ok(sql).iter().map(|row| row[0].clone().unwrap_or_default() + "\n").collect()
}

#[test]
fn surface_of_postgresql() {
    server().new_database("surface");
    let mut client = Client::postgres("surface");
    let functions = lines(
        &mut client,
        "SELECT format('function %s(%s) -> %s, %s%s%s', proname, pg_get_function_arguments(p.oid), \
             pg_get_function_result(p.oid), CASE provolatile WHEN 'v' THEN 'volatile' WHEN 's' THEN 'stable' ELSE 'immutable' END, \
             CASE WHEN prosecdef THEN ', security definer' ELSE '' END, \
             CASE WHEN has_function_privilege('public', p.oid, 'EXECUTE') THEN ', open to all' ELSE '' END) \
         FROM pg_proc p WHERE pronamespace = 'cutover'::regnamespace ORDER BY proname COLLATE \"C\", 1",
    );
    let relations = lines(
        &mut client,
        "SELECT format('%s %s(%s)%s', CASE relkind WHEN 'v' THEN 'view' WHEN 'S' THEN 'sequence' ELSE 'table' END, relname, \
             string_agg(attname || ' ' || format_type(atttypid, atttypmod) || CASE WHEN attnotnull THEN ' not null' ELSE '' END, \
                 ', ' ORDER BY attnum), \
             CASE WHEN has_table_privilege('public', c.oid, 'SELECT') THEN ', open to all' ELSE '' END) \
         FROM pg_class c JOIN pg_attribute a ON attrelid = c.oid AND attnum > 0 AND NOT attisdropped \
         WHERE relnamespace = 'cutover'::regnamespace AND relkind IN ('r', 'v') \
         GROUP BY c.oid, relkind, relname ORDER BY relname COLLATE \"C\"",
    );
    compare("surface.postgres.txt", &(functions + &relations));
}

#[test]
fn surface_of_sqlite() {
    // What a shell has without the extension is not ours.
    let list = "SELECT DISTINCT 'function ' || name || ' ' || narg FROM pragma_function_list ORDER BY 1";
    let output =
        Command::new("sqlite3").args(["-batch", "-list", ":memory:", list]).output().expect("sqlite3 runs");
    let plain: BTreeSet<String> =
        String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect();
    let folder = server().files.join("surface");
    fs::create_dir_all(&folder).expect("a folder");
    let mut client = Client::sqlite(&folder.join("database.sqlite"));
    let all = lines(&mut client, list);
    let functions: String = all.lines().filter(|l| !plain.contains(*l)).map(|l| format!("{l}\n")).collect();
    client.run("CREATE TABLE t (id integer PRIMARY KEY)").ok("a table");
    let plan = r#"{"version": 1, "root": "/nowhere", "phases": [{"name": "p", "tables": [{"table": "t", "source": {"parquet": "t.parquet"}, "write": "replace"}]}]}"#;
    client.run(&format!("SELECT load_plan('{plan}')")).ok("load_plan");
    let relations = lines(
        &mut client,
        "SELECT type || ' ' || m.name || '(' || (SELECT group_concat(trim(c.name || ' ' || c.type) || \
             CASE WHEN c.\"notnull\" THEN ' not null' ELSE '' END, ', ') FROM pragma_table_info(m.name) c) || ')' \
         FROM sqlite_master m WHERE type IN ('table', 'view') AND name LIKE 'cutover%' ORDER BY m.name",
    );
    compare("surface.sqlite.txt", &(functions + &relations));
}
