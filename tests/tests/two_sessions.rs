//! Two sessions at once: one run of a phase wins, the other says that it is busy and changes nothing.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

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

/// A restore of a phase and a run of it are one at a time, whichever comes first; a lock is gone with its transaction.
fn a_restore_or_a_run(mut first: Client, mut second: Client, root: &Path) {
    first.run("CREATE TABLE people (id int NOT NULL PRIMARY KEY, name text)").ok("the table");
    call(&mut first, &format!("load_plan('{}/plan.json')", root.display()));
    call(&mut first, "sync_phase('people')");
    assert!(call(&mut first, &format!("export_backup('{}/b.tar')", root.display())).contains("people"));
    first.run("UPDATE people SET name = 'Eve'").ok("later");
    let restore = format!("import_backup('{}/b.tar', 'overwrite')", root.display());
    for held in ["sync_phase('people')", restore.as_str()] {
        first.run("BEGIN").ok("begin");
        assert!(call(&mut first, held).contains("updated"), "{held}");
        assert_eq!(call(&mut second, &restore), "55P03", "{held}");
        assert_eq!(call(&mut second, "sync_phase('people')"), "55P03", "{held}");
        assert_eq!(call(&mut second, "sync_job('people')"), "skipped", "{held}");
        first.run("ROLLBACK").ok("rollback");
        assert_eq!(second.value("SELECT count(*) FROM people WHERE name = 'Eve'"), "2", "{held}");
    }
    assert!(call(&mut second, &restore).contains("updated"));
    assert_eq!(second.value("SELECT count(*) FROM people WHERE name = 'Eve'"), "0");
}

#[test]
fn a_restore_or_a_run_in_postgresql() {
    server().new_database("restore_or_run");
    let clients = (Client::postgres("restore_or_run"), Client::postgres("restore_or_run"));
    a_restore_or_a_run(clients.0, clients.1, &folder("restore-or-run-postgres"));
}

#[test]
fn a_restore_or_a_run_in_sqlite() {
    let root = folder("restore-or-run-sqlite");
    let file = root.join("database.sqlite");
    let mut first = Client::sqlite(&file);
    first.run("PRAGMA journal_mode = wal").ok("readers go on beside a writer");
    a_restore_or_a_run(first, Client::sqlite(&file), &root);
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

/// A freeze holds for every other session once it is committed, and waits for those that write.
fn frozen_for_all(mut first: Client, mut second: Client, root: &Path) {
    first.run("CREATE TABLE people (id integer PRIMARY KEY, name text)").ok("the table");
    call(&mut first, &format!("load_plan('{}/plan.json')", root.display()));
    assert!(call(&mut first, "sync_phase('people')").contains("inserted"));
    let write = "UPDATE people SET name = 'Eve' WHERE id = 1";

    first.run("BEGIN").ok("begin");
    assert!(call(&mut first, "freeze_phase('people')").contains("is frozen"));
    first.run("ROLLBACK").ok("rollback");
    second.run(write).ok("what is rolled back is not frozen");

    second.run("BEGIN; UPDATE people SET name = 'Ann' WHERE id = 1").ok("a writer");
    if first.db == Db::Postgres {
        first.run("SET lock_timeout = '300ms'").ok("setting");
    }
    assert_eq!(call(&mut first, "freeze_phase('people')"), "55P03");
    second.run("COMMIT").ok("commit");
    assert!(call(&mut first, "freeze_phase('people')").contains("is frozen"));
    assert_eq!(second.run(write).error.expect("frozen").code, "55000");

    // The engine's mark goes with its call, and not with the transaction.
    fs::remove_file(root.join("people.parquet")).expect("the old file");
    files::write(
        &root.join("people.parquet"),
        "id int64, name text",
        &["1 | Ann".to_owned(), "2 | Rob".to_owned()],
    );
    first.run("BEGIN").ok("begin");
    assert!(call(&mut first, "sync_phase('people')").contains("updated"));
    assert_eq!(first.run(write).error.expect("frozen").code, "55000");
    first.run("ROLLBACK").ok("rollback");

    assert!(call(&mut first, "cutover_phase('people')").contains("updated"));
    second.run(write).ok("live here");
    assert_eq!(call(&mut second, "sync_phase('people')"), "55000");
}

#[test]
fn a_freeze_holds_for_all_in_postgresql() {
    server().new_database("frozen");
    let mut late = Client::postgres("frozen");
    late.run("SELECT 1").ok("a session from before the freeze");
    frozen_for_all(late, Client::postgres("frozen"), &folder("frozen-postgres"));
}

#[test]
fn a_freeze_holds_for_all_in_sqlite() {
    let root = folder("frozen-sqlite");
    let file = root.join("database.sqlite");
    let mut first = Client::sqlite(&file);
    first.run("PRAGMA journal_mode = wal").ok("readers go on beside a writer");
    frozen_for_all(first, Client::sqlite(&file), &root);
}

/// An application needs no extension: it is refused while a phase is frozen, and writes when it is live.
#[test]
fn an_application_without_the_extension_is_refused_and_let_in() {
    let root = folder("plain-sqlite");
    let file = root.join("database.sqlite");
    let mut client = Client::sqlite(&file);
    client.run("CREATE TABLE people (id integer PRIMARY KEY, name text)").ok("the table");
    call(&mut client, &format!("load_plan('{}/plan.json')", root.display()));
    let plain = |sql: &str| {
        let output =
            Command::new("sqlite3").args(["-batch"]).arg(&file).arg(sql).output().expect("sqlite3 runs");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    call(&mut client, "freeze_phase('people')");
    let refused = plain("INSERT INTO people VALUES (9, 'Zoe')");
    assert!(
        refused.contains("55000: phase \"people\" is frozen; table \"people\" cannot be written"),
        "{refused}"
    );
    assert!(call(&mut client, "cutover_phase('people', allow_stale_source => true)").contains("inserted"));
    assert_eq!(plain("INSERT INTO people VALUES (9, 'Zoe')"), "");
    assert_eq!(count(&mut client), "3");
}

/// A run that fails while it writes leaves no mark behind, wherever its error is caught.
#[test]
fn a_run_that_failed_leaves_the_guard_closed() {
    server().new_database("failed_run");
    let root = folder("failed-postgres");
    let mut client = Client::postgres("failed_run");
    client
        .run(
            "CREATE TABLE people (id integer PRIMARY KEY, name text);
             CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$;
             CREATE TRIGGER no BEFORE INSERT ON people FOR EACH ROW EXECUTE FUNCTION no()",
        )
        .ok("a table that takes no rows");
    call(&mut client, &format!("load_plan('{}/plan.json')", root.display()));
    call(&mut client, "freeze_phase('people')");
    let caught = client.run(
        "DO $$ BEGIN
             BEGIN PERFORM cutover.sync_phase('people');
             EXCEPTION WHEN raise_exception THEN RAISE NOTICE 'caught'; END;
             ALTER TABLE people DISABLE TRIGGER no;
             INSERT INTO people VALUES (9, 'Zoe');
         END $$",
    );
    assert!(caught.said.contains("caught"), "{}", caught.said);
    assert_eq!(caught.error.expect("frozen").code, "55000");
    assert_eq!(call(&mut client, "sync_job('people')"), "failed");
    client.run("ALTER TABLE people DISABLE TRIGGER no").ok("quiet");
    assert_eq!(client.run("INSERT INTO people VALUES (9, 'Zoe')").error.expect("frozen").code, "55000");
    assert_eq!(count(&mut client), "0");
}

/// A phase that is being handed over is spared by the deletes of other phases before and after the commit.
#[test]
fn deletes_of_other_phases_spare_one_that_is_being_handed_over() {
    server().new_database("cascading");
    let root = folder("cascading-postgres");
    let (mut first, mut second) = (Client::postgres("cascading"), Client::postgres("cascading"));
    first
        .run(
            "CREATE TABLE people (id integer PRIMARY KEY, name text);
             CREATE TABLE pets (id integer PRIMARY KEY, owner integer REFERENCES people ON DELETE CASCADE)",
        )
        .ok("the tables");
    files::write(&root.join("pets.parquet"), "id int64, owner int64", &["7 | 2".to_owned()]);
    let plan = format!(
        r#"{{"version": 1, "root": "{}", "phases": [
            {{"name": "people", "tables": [
                {{"table": "people", "source": {{"parquet": "people.parquet"}}, "write": "replace"}}]}},
            {{"name": "pets", "tables": [
                {{"table": "pets", "source": {{"parquet": "pets.parquet"}}, "write": "upsert"}}]}}]}}"#,
        root.display()
    );
    fs::write(root.join("plan.json"), plan).expect("the plan can be written");
    call(&mut first, &format!("load_plan('{}/plan.json')", root.display()));
    assert!(call(&mut first, "sync_phases('people', 'pets')").contains("inserted"));

    fs::remove_file(root.join("people.parquet")).expect("the old file");
    files::write(&root.join("people.parquet"), "id int64, name text", &["1 | Ann".to_owned()]);
    let sync = "sync_phase('people', allow_cascade => true)";
    first.run("BEGIN").ok("begin");
    assert!(call(&mut first, "cutover_phase('pets')").contains("unchanged"));
    assert_eq!(call(&mut second, sync), "55P03");
    first.run("COMMIT").ok("commit");
    assert_eq!(call(&mut second, sync), "55000");
    assert_eq!(count(&mut second), "2");
    assert_eq!(second.run("SELECT count(*) FROM pets").ok("count")[0][0].as_deref(), Some("1"));

    call(&mut first, "reopen_phase('pets')");
    assert!(call(&mut second, sync).contains("deleted"));
}

/// An import that waited for a freeze is refused when its turn comes.
#[test]
fn an_import_that_waited_for_a_freeze_is_refused() {
    server().new_database("late_import");
    let root = folder("late-postgres");
    let (mut first, mut second) = (Client::postgres("late_import"), Client::postgres("late_import"));
    first.run("CREATE TABLE people (id integer PRIMARY KEY, name text)").ok("the table");
    call(&mut first, &format!("load_plan('{}/plan.json')", root.display()));
    for write in ["append", "upsert"] {
        let import = format!("import_parquet('{}/people.parquet', write => '{write}')", root.display());
        first.run("BEGIN").ok("begin");
        call(&mut first, "freeze_phase('people')");
        let late = thread::scope(|scope| {
            let late = scope.spawn(|| call(&mut second, &import));
            let waiting = "SELECT count(*) FROM pg_locks WHERE relation = 'people'::regclass AND NOT granted";
            while first.run(waiting).ok("locks")[0][0].as_deref() == Some("0") {
                assert!(!late.is_finished(), "{import} did not wait");
                thread::sleep(Duration::from_millis(20));
            }
            first.run("COMMIT").ok("commit");
            late.join().expect("the import ends")
        });
        assert_eq!(late, "55000", "{import}");
        assert_eq!(count(&mut first), "0");
        call(&mut first, "reopen_phase('people')");
    }
}

/// One session applies migrations at a time; the other is told so, and finds them applied afterwards.
fn migrations_of_one(mut first: Client, mut second: Client, root: &Path) {
    let folder = root.join("migrations");
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join("001_places.sql"), "CREATE TABLE places (id integer PRIMARY KEY)")
        .expect("a migration");
    let apply = format!("apply_migrations('{}')", folder.display());
    first.run("BEGIN").ok("begin");
    assert!(call(&mut first, &apply).contains("applied"));
    assert_eq!(call(&mut second, &apply), "55P03");
    first.run("COMMIT").ok("commit");
    assert!(call(&mut second, &apply).contains("unchanged"));
}

#[test]
fn migrations_of_one_session_in_postgresql() {
    server().new_database("two_migrate");
    let root = folder("migrate-postgres");
    migrations_of_one(Client::postgres("two_migrate"), Client::postgres("two_migrate"), &root);
}

#[test]
fn migrations_of_one_session_in_sqlite() {
    let root = folder("migrate-sqlite");
    let file = root.join("database.sqlite");
    migrations_of_one(Client::sqlite(&file), Client::sqlite(&file), &root);
}
