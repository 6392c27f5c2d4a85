//! Long runs: they say how far they are, and stop within a second of a cancel at whatever stage.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use cutover_tests::client::Client;
use cutover_tests::postgres::server;
use cutover_tests::process::{Signal, send};
use cutover_tests::{Db, calls, dist};

/// How many rows a run must have to be under way for some seconds, also on a fast machine.
const LONG: u32 = 6_000_000;
/// How many it must have for a cancel to meet it.
const ENOUGH: u32 = 1_500_000;

/// A client with a table of many rows, a file of the same, and a plan that reads it.
fn many_rows(db: Db, name: &str, rows: u32) -> (Client, PathBuf) {
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
        Db::Postgres => format!("SELECT n, 'row ' || n FROM generate_series(1, {rows}) n"),
        Db::Sqlite => format!(
            "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {rows}) SELECT n, 'row ' || n FROM s"
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
    let (mut client, _) = many_rows(Db::Postgres, "progress", LONG);
    client.run("DELETE FROM many").ok("an empty table");
    let (_, answer) = calls::call(&mut client, "sync_phase('many')");
    answer_ok(&answer.error);
    let told: Vec<&str> = answer.said.lines().filter(|line| line.starts_with("NOTICE:")).collect();
    let of = |stage: &str| told.iter().any(|line| line.contains(stage) && line.ends_with(" s"));
    assert!(of("inserted in \"many\": 6,000,000 rows in "), "{}", answer.said);
}

#[test]
fn a_long_run_tells_its_stages_in_sqlite() {
    let (mut client, root) = many_rows(Db::Sqlite, "progress", LONG);
    let log = root.join("log.txt");
    client.run(&format!("DELETE FROM many;\n.log {}\n", log.display())).ok("the log");
    let (_, answer) = calls::call(&mut client, "sync_phase('many')");
    answer_ok(&answer.error);
    client.run(".log off\n").ok("the log is closed");
    let text = fs::read_to_string(&log).expect("the log");
    assert!(text.contains("inserted in \"many\": 6,000,000 rows in "), "{text}");
}

fn answer_ok(error: &Option<cutover_tests::client::Failure>) {
    assert!(error.is_none(), "{error:?}");
}

/// What is cancelled, and how the table is made before each time.
const CANCELLED: [(&str, &str); 3] = [
    ("verify_phase('many')", ""),
    ("validate_phase('many')", ""),
    ("sync_phase('many')", "DELETE FROM many"),
];

/// A timeout at several moments of a run, of a verification and of a check: none goes on for a second.
#[test]
fn a_cancel_stops_every_stage_within_a_second_in_postgresql() {
    let (mut client, _) = many_rows(Db::Postgres, "stages", ENOUGH);
    for (call, first) in CANCELLED {
        client.run(&format!("RESET statement_timeout; {first}")).ok("no limit");
        let started = Instant::now();
        answer_ok(&calls::call(&mut client, call).1.error);
        let whole = started.elapsed();
        for tenths in [2, 5, 8] {
            let limit = whole * tenths / 10;
            client.run(&format!("RESET statement_timeout; {first}")).ok(first);
            let rows = client.run("SELECT count(*) FROM many").ok("before");
            client.run(&format!("SET statement_timeout = {}", limit.as_millis().max(1))).ok("a limit");
            let started = Instant::now();
            let error = calls::call(&mut client, call).1.error;
            let late = started.elapsed().saturating_sub(limit);
            assert!(late < Duration::from_secs(1), "{call} cancelled after {limit:?} went on for {late:?}");
            // It may have been quicker than the run before.
            let Some(error) = error else { continue };
            assert_eq!(error.code, "57014", "{call}");
            assert_eq!(rows, client.run("RESET statement_timeout; SELECT count(*) FROM many").ok("after"));
        }
    }
}

/// The same by SIGINT, at which the shell interrupts its connection from a handler.
#[test]
fn a_cancel_stops_every_stage_within_a_second_in_sqlite() {
    let (mut client, root) = many_rows(Db::Sqlite, "stages", ENOUGH);
    let file = root.join("database.sqlite");
    for (call, first) in CANCELLED {
        client.run(first).ok(first);
        let whole = interrupted(&file, call, None).1;
        for tenths in [2, 5, 8] {
            client.run(first).ok(first);
            let rows = client.run("SELECT count(*) FROM many").ok("before");
            let (error, late) = interrupted(&file, call, Some(whole * tenths / 10));
            assert!(
                late < Duration::from_secs(1),
                "{call} interrupted after {tenths} tenths went on for {late:?}"
            );
            // It may have been quicker than the run before.
            let Some(error) = error else { continue };
            assert!(error.contains("57014"), "{call}: {error}");
            assert_eq!(rows, client.run("SELECT count(*) FROM many").ok("after"), "{call}");
        }
    }
}

/// Runs a call in a shell of its own, interrupts it after a time, and tells what it said where it failed, and how
/// long it went on.
fn interrupted(file: &Path, call: &str, after: Option<Duration>) -> (Option<String>, Duration) {
    let load = format!(".load {}", dist().join("sqlite/cutover").display());
    let mut command = Command::new("sqlite3");
    command
        .args(["-init", "/dev/null", "-batch", "-bail"])
        .arg(file)
        .args([&load, &calls::sql(Db::Sqlite, call)]);
    let command = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().expect("sqlite3 runs");
    if let Some(after) = after {
        std::thread::sleep(after);
        send(child.id(), Signal::SIGINT);
    }
    let started = Instant::now();
    let output = child.wait_with_output().expect("sqlite3 ends");
    let elapsed = started.elapsed();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    ((!output.status.success()).then_some(said), elapsed)
}

/// A sort of many rows spills; where that is forbidden, nothing is changed.
#[test]
fn a_limit_on_temporary_files() {
    let (mut client, _) = many_rows(Db::Postgres, "spills", ENOUGH);
    client.run("DELETE FROM many WHERE id % 2 = 0; SET temp_file_limit = '1MB'").ok("a limit");
    let before = client.run("SELECT count(*), sum(id) FROM many").ok("before");
    let error = calls::call(&mut client, "sync_phase('many')").1.error.expect("a failure");
    assert_eq!(error.code, "53400", "{}", error.text);
    assert_eq!(before, client.run("SELECT count(*), sum(id) FROM many").ok("after"));
}
