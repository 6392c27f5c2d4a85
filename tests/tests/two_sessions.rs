//! Two sessions at once: one run of a phase wins, the other says that it is busy and changes nothing.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use cutover_tests::client::Client;
use cutover_tests::postgres::server;
use cutover_tests::{Db, calls, files};

/// A folder with one file and a plan of one phase that reads it.
fn folder(name: &str) -> PathBuf {
    let root = server().files.join(name);
    fs::create_dir_all(&root).expect("a folder");
    fs::set_permissions(&root, fs::Permissions::from_mode(0o777)).expect("its mode can be set");
    files::write(
        &root.join("people.parquet"),
        "id int64, name text",
        &["1 | Ann".to_owned(), "2 | Bob".to_owned()],
    );
    let plan = format!(
        r#"{{"version": 1, "root": "{}", "phases": [{{"name": "people", "tables": [
            {{"table": "people", "source": {{"parquet": "people.parquet"}}, "write": "replace"}}]}}]}}"#,
        root.display()
    );
    fs::write(root.join("plan.json"), plan).expect("the plan can be written");
    root
}

fn call(client: &mut Client, written: &str) -> String {
    let (value, answer) = calls::call(client, written);
    match answer.error {
        Some(error) => error.code,
        None => value.as_str().map_or_else(|| value.to_string(), str::to_owned),
    }
}

fn count(client: &mut Client) -> String {
    client.run("SELECT count(*) FROM people").ok("count")[0][0].clone().unwrap_or_default()
}

fn one_wins(mut first: Client, mut second: Client, root: &Path) {
    first.run("CREATE TABLE people (id integer PRIMARY KEY, name text)").ok("the table");
    call(&mut first, &format!("load_plan('{}/plan.json')", root.display()));
    first.run("BEGIN").ok("begin");
    assert!(call(&mut first, "sync_phase('people')").contains("inserted"));

    assert_eq!(call(&mut second, "sync_phase('people')"), "55P03");
    assert_eq!(call(&mut second, "sync_job('people')"), "skipped");
    assert_eq!(count(&mut second), "0", "what is not committed cannot be seen");

    first.run("COMMIT").ok("commit");
    assert_eq!(count(&mut second), "2");
    assert_eq!(call(&mut second, "sync_job('people')"), "ok");
}

#[test]
fn one_wins_in_postgresql() {
    server().new_database("two_sessions");
    one_wins(Client::postgres("two_sessions"), Client::postgres("two_sessions"), &folder("two-postgres"));
}

#[test]
fn one_wins_in_sqlite() {
    let root = folder("two-sqlite");
    let file = root.join("database.sqlite");
    let mut first = Client::sqlite(&file);
    first.run("PRAGMA journal_mode = wal").ok("readers go on beside a writer");
    one_wins(first, Client::sqlite(&file), &root);
}

/// Readers of a target never wait for a run, and a writer waits no longer than the lock timeout.
#[test]
fn a_run_waits_for_a_writer_no_longer_than_it_may() {
    server().new_database("waiting");
    let root = folder("waiting-postgres");
    let (mut writer, mut syncer) = (Client::postgres("waiting"), Client::postgres("waiting"));
    assert_eq!(syncer.db, Db::Postgres);
    syncer
        .run("CREATE TABLE people (id integer PRIMARY KEY, name text); INSERT INTO people VALUES (9, 'old')")
        .ok("table");
    call(&mut syncer, &format!("load_plan('{}/plan.json')", root.display()));
    writer.run("BEGIN; UPDATE people SET name = 'held' WHERE id = 9").ok("hold");
    syncer.run("SET lock_timeout = '300ms'").ok("setting");
    assert_eq!(call(&mut syncer, "sync_phase('people')"), "55P03");
    writer.run("ROLLBACK").ok("let go");
    assert!(call(&mut syncer, "sync_phase('people')").contains("inserted"));
}

/// A cancel passes through, in sync_job too, and leaves nothing behind.
#[test]
fn a_cancel_changes_nothing() {
    server().new_database("cancel");
    let root = folder("cancel-postgres");
    let mut client = Client::postgres("cancel");
    client
        .run(
            "CREATE TABLE people (id integer PRIMARY KEY, name text);
             CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(60); RETURN NEW; END';
             CREATE TRIGGER slow BEFORE INSERT ON people FOR EACH ROW EXECUTE FUNCTION slow()",
        )
        .ok("a table that takes its time");
    call(&mut client, &format!("load_plan('{}/plan.json')", root.display()));
    client.run("SET statement_timeout = '300ms'").ok("setting");
    assert_eq!(call(&mut client, "sync_phase('people')"), "57014");
    assert_eq!(call(&mut client, "sync_job('people')"), "57014");
    client.run("RESET statement_timeout; DROP TRIGGER slow ON people").ok("quick again");
    assert_eq!(count(&mut client), "0");
    assert!(call(&mut client, "sync_phase('people')").contains("inserted"));
}
