//! A backup is of one moment and of all rows, or there is none.

use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use cutover_tests::client::Client;
use cutover_tests::postgres::server;
use cutover_tests::{Db, archives, calls};

/// How many rows there are, in whichever table.
const ROWS: usize = 20_000;

fn folder(name: &str) -> PathBuf {
    let root = server().files.join(name);
    fs::create_dir_all(&root).expect("a folder");
    fs::set_permissions(&root, fs::Permissions::from_mode(0o777)).expect("its mode can be set");
    root
}

fn call(client: &mut Client, written: &str) -> String {
    let (value, answer) = calls::call(client, written);
    answer.error.map_or_else(|| value.to_string(), |error| format!("{}: {}", error.code, error.text))
}

const PLAN: &str = r#"load_plan('{"version": 1, "phases": [{"name": "boxes", "tables": [
    {"table": "here"}, {"table": "elsewhere"}, {"table": "there"}]}]}')"#;

/// Ends the mover, also where the test fails.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Moves rows from one table to the other and then back, hundreds at a time, until it is told to stop.
fn mover(mut client: Client, stop: &AtomicBool, moves: &AtomicU64) {
    while !stop.load(Ordering::Relaxed) {
        for step in 0..20 {
            let (from, to) = if step < 10 { ("here", "there") } else { ("there", "here") };
            let begin = if client.db == Db::Sqlite { "BEGIN IMMEDIATE" } else { "BEGIN" };
            client
                .run(&format!(
                    "{begin}; CREATE TEMP TABLE moved AS SELECT * FROM {from} ORDER BY id LIMIT 500;
                     DELETE FROM {from} WHERE id IN (SELECT id FROM moved);
                     INSERT INTO {to} SELECT * FROM moved; DROP TABLE moved; COMMIT"
                ))
                .ok("a move");
            moves.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// However many rows move between two tables while they are read, each is in the backup once.
fn is_of_one_moment(mut first: Client, second: Client, root: &Path) {
    first
        .run(&format!(
            "CREATE TABLE here (id varchar(9) PRIMARY KEY, note text);
             CREATE TABLE elsewhere (id varchar(9) PRIMARY KEY, note text);
             CREATE TABLE there (id varchar(9) PRIMARY KEY, note text);
             WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {ROWS})
             INSERT INTO here SELECT CAST(n AS varchar(9)), 'a note' FROM n;
             INSERT INTO elsewhere SELECT * FROM here;"
        ))
        .ok("the tables");
    call(&mut first, PLAN);
    let (stop, moves) = (AtomicBool::new(false), AtomicU64::new(0));
    thread::scope(|scope| {
        let moving = scope.spawn(|| mover(second, &stop, &moves));
        let _stop = Stop(&stop);
        for n in 1..=4 {
            let before = moves.load(Ordering::Relaxed);
            let file = root.join(format!("{n}.tar"));
            let report = call(&mut first, &format!("export_backup('{}')", file.display()));
            assert!(report.contains("sha256"), "{report}");
            assert!(moves.load(Ordering::Relaxed) > before + 2, "nothing moved meanwhile");
            let lines = archives::lines(first.db, &file);
            let elsewhere = lines.iter().position(|l| l.starts_with("elsewhere:")).expect("a table");
            let there = lines.iter().position(|l| l.starts_with("there:")).expect("a table");
            let ids: Vec<&String> = lines[1..elsewhere].iter().chain(&lines[there + 1..]).collect();
            assert_eq!(ids.len(), ROWS, "backup {n}");
            assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ROWS, "backup {n}");
            assert!(!moving.is_finished(), "the mover failed");
        }
    });
}

#[test]
fn a_backup_is_of_one_moment_in_postgresql() {
    server().new_database("one_moment");
    let root = folder("one-moment-postgres");
    is_of_one_moment(Client::postgres("one_moment"), Client::postgres("one_moment"), &root);
}

#[test]
fn a_backup_is_of_one_moment_in_sqlite() {
    let root = folder("one-moment-sqlite");
    let file = root.join("database.sqlite");
    let mut first = Client::sqlite(&file);
    first.run("PRAGMA journal_mode = wal").ok("readers go on beside a writer");
    is_of_one_moment(first, Client::sqlite(&file), &root);
}

/// As many columns as a table of either database may have by default.
fn has_all_columns(mut client: Client, root: &Path, columns: usize) {
    let names = (0..columns).map(|n| format!(", c{n} integer")).collect::<String>();
    client
        .run(&format!(
            "CREATE TABLE here (id varchar(9) PRIMARY KEY{names}); INSERT INTO here (id, c1) VALUES ('a', 7);
             CREATE TABLE elsewhere (id varchar(9) PRIMARY KEY); CREATE TABLE there (id varchar(9) PRIMARY KEY)"
        ))
        .ok("the tables");
    call(&mut client, PLAN);
    let file = root.join("wide.tar");
    let report = call(&mut client, &format!("export_backup('{}')", file.display()));
    assert!(report.contains("sha256"), "{report}");
    let lines = archives::lines(client.db, &file);
    assert!(lines[1].starts_with("a | ~ | 7 | ~"), "{}", lines[1]);
    assert_eq!(lines[1].split(" | ").count(), columns + 1);
}

#[test]
fn a_backup_has_all_columns_of_a_wide_table() {
    server().new_database("wide_backup");
    has_all_columns(Client::postgres("wide_backup"), &folder("wide-postgres"), 1599);
    let root = folder("wide-sqlite");
    has_all_columns(Client::sqlite(&root.join("database.sqlite")), &root, 1999);
}

/// After a call that failed in the middle of a backup, the session sees what others commit again.
#[test]
fn a_failed_backup_leaves_no_snapshot_behind() {
    server().new_database("failed_backup");
    let root = folder("failed-backup");
    let (mut first, mut second) = (Client::postgres("failed_backup"), Client::postgres("failed_backup"));
    first
        .run("CREATE TABLE here (id varchar(9) PRIMARY KEY); CREATE TABLE there (id varchar(9) PRIMARY KEY); CREATE TABLE elsewhere (id integer, name text)")
        .ok("the tables");
    call(
        &mut first,
        &PLAN.replace(r#"{"table": "elsewhere"}"#, r#"{"table": "elsewhere", "external_id": "name"}"#),
    );
    first.run("INSERT INTO elsewhere VALUES (1, NULL)").ok("a row without an id");
    let export = format!("cutover.export_backup('{}/a.tar')", root.display());
    first
        .run(&format!(
            "BEGIN; DO $$ BEGIN PERFORM {export}; EXCEPTION WHEN not_null_violation THEN NULL; END $$"
        ))
        .ok("it is caught");
    second.run("UPDATE elsewhere SET name = 'a'").ok("another session mends it");
    let report = call(&mut first, &export["cutover.".len()..]);
    assert!(report.contains("sha256"), "{report}");
    first.run("COMMIT").ok("commit");
}

/// Who may not see all rows, or may not write files, makes no backup.
#[test]
fn a_backup_has_all_rows_or_is_refused() {
    server().new_database("backup_rights");
    let root = folder("backup-rights");
    let mut owner = Client::postgres("backup_rights");
    owner
        .run(
            "CREATE TABLE here (id varchar(9) PRIMARY KEY); CREATE TABLE there (id varchar(9) PRIMARY KEY);
             CREATE TABLE elsewhere (id varchar(9) PRIMARY KEY, owner text);
             DROP ROLE IF EXISTS backup_clerk; CREATE ROLE backup_clerk;
             ALTER TABLE elsewhere ENABLE ROW LEVEL SECURITY;
             CREATE POLICY own ON elsewhere USING (owner = current_user);
             GRANT SELECT ON here, there, elsewhere TO backup_clerk;
             GRANT USAGE ON SCHEMA cutover TO backup_clerk;
             GRANT SELECT ON ALL TABLES IN SCHEMA cutover TO backup_clerk;
             GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA cutover TO backup_clerk",
        )
        .ok("tables and a role");
    call(&mut owner, PLAN);
    owner.run("SET ROLE backup_clerk").ok("the role");
    let export = format!("export_backup('{}/a.tar')", root.display());
    let refused = call(&mut owner, &export);
    assert!(refused.starts_with("42501: permission denied to write a file"), "{refused}");
    owner.run("RESET ROLE; GRANT pg_write_server_files TO backup_clerk; SET ROLE backup_clerk").ok("more");
    let refused = call(&mut owner, &export);
    assert!(refused.starts_with("42501: row security hides rows of \"elsewhere\""), "{refused}");
    owner.run("RESET ROLE; ALTER TABLE elsewhere DISABLE ROW LEVEL SECURITY; REVOKE SELECT ON there FROM backup_clerk; SET ROLE backup_clerk").ok("less");
    let refused = call(&mut owner, &export);
    assert!(refused.starts_with("42501: permission denied for table there"), "{refused}");
    assert!(!root.join("a.tar").exists());
    owner.run("RESET ROLE; GRANT SELECT ON there TO backup_clerk; SET ROLE backup_clerk").ok("enough");
    let report = call(&mut owner, &export);
    assert!(report.contains("sha256"), "{report}");
}
