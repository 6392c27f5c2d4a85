//! Long runs say how far they are.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use cutover_tests::client::Client;
use cutover_tests::postgres::server;
use cutover_tests::{Db, calls};

/// How many rows a run must have to be under way for some seconds.
const ROWS: u32 = 1_500_000;

/// A client with a table of many rows, a file of the same, and a plan that reads it.
fn many_rows(db: Db, name: &str) -> (Client, PathBuf) {
    let root = server().files.join(format!("{name}-{}", db.name()));
    let _ = fs::remove_dir_all(&root);
    fs::create_dir_all(&root).expect("a folder");
    fs::set_permissions(&root, fs::Permissions::from_mode(0o777)).expect("its mode can be set");
    let mut client = match db {
        Db::Postgres => {
            server().new_database(name);
            Client::postgres(name)
        }
        Db::Sqlite => Client::sqlite(&root.join("database.sqlite")),
    };
    let numbers = match db {
        Db::Postgres => format!("SELECT n, 'row ' || n FROM generate_series(1, {ROWS}) n"),
        Db::Sqlite => format!(
            "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {ROWS}) SELECT n, 'row ' || n FROM s"
        ),
    };
    client
        .run(&format!("CREATE TABLE many (id bigint PRIMARY KEY, name text); INSERT INTO many {numbers}"))
        .ok("rows");
    let written = format!("export_parquet('many', '{}/many.parquet')", root.display());
    calls::call(&mut client, &written).1.ok("a file of them");
    let plan = format!(
        r#"{{"version": 1, "root": "{}", "phases": [{{"name": "many", "tables": [
            {{"table": "many", "source": {{"parquet": "many.parquet"}}, "write": "upsert",
              "checks": [{{"name": "rows", "type": "pattern", "column": "name", "pattern": "^row "}}]}}]}}]}}"#,
        root.display()
    );
    fs::write(root.join("plan.json"), plan).expect("the plan can be written");
    calls::call(&mut client, &format!("load_plan('{}/plan.json')", root.display())).1.ok("the plan");
    (client, root)
}

#[test]
fn a_long_run_tells_its_stages_in_postgresql() {
    let (mut client, _) = many_rows(Db::Postgres, "progress");
    client.run("DELETE FROM many").ok("an empty table");
    let (_, answer) = calls::call(&mut client, "sync_phase('many')");
    answer_ok(&answer.error);
    let told: Vec<&str> = answer.said.lines().filter(|line| line.starts_with("NOTICE:")).collect();
    let of = |stage: &str| told.iter().any(|line| line.contains(stage) && line.ends_with(" s"));
    assert!(of("inserted in \"many\": 1,500,000 rows in "), "{}", answer.said);
}

#[test]
fn a_long_run_tells_its_stages_in_sqlite() {
    let (mut client, root) = many_rows(Db::Sqlite, "progress");
    let log = root.join("log.txt");
    client.run(&format!("DELETE FROM many;\n.log {}\n", log.display())).ok("the log");
    let (_, answer) = calls::call(&mut client, "sync_phase('many')");
    answer_ok(&answer.error);
    client.run(".log off\n").ok("the log is closed");
    let text = fs::read_to_string(&log).expect("the log");
    assert!(text.contains("inserted in \"many\": 1,500,000 rows in "), "{text}");
}

fn answer_ok(error: &Option<cutover_tests::client::Failure>) {
    assert!(error.is_none(), "{error:?}");
}
