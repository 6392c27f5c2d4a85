//! Calls that are killed, cancelled or overtaken by a change of schema, at every moment that has a
//! name: the database is then as it was before or as it is after, never between.
//!
//! `CUTOVER_KILL_ROUNDS` says how often a sync is killed per database; `make soak` says hundreds.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use cutover_tests::canonical::{self, Dump};
use cutover_tests::client::{Cell, Client};
use cutover_tests::failpoints::{Target, Twin};
use cutover_tests::{Db, archives, calls, files};

/// How often a sync is killed where nothing else is said.
const ROUNDS: usize = 20;
/// Every way of writing, a circle of references, local rows, a cursor and a quarantine.
const SCHEMA: &str = "
    CREATE TABLE customer (id integer PRIMARY KEY, name text UNIQUE, boss integer REFERENCES customer (id), imported integer);
    CREATE TABLE sale (id integer PRIMARY KEY, customer integer REFERENCES customer (id), amount integer, at timestamp);
    CREATE TABLE tag (customer integer, tag text);
    CREATE TABLE history (id integer PRIMARY KEY, note text);
    INSERT INTO customer VALUES (1, 'local', NULL, 0);";
const PLAN: &str = r#"{ "version": 1, "root": "{root}", "phases": [ { "name": "shop", "tables": [
    { "table": "customer", "source": {"parquet": "customer.parquet"}, "write": "replace", "external_id": "name",
      "origin": {"column": "imported", "imported": 1, "local": 0} },
    { "table": "sale", "source": {"parquet": "sale.parquet"}, "write": "upsert",
      "cursor": {"column": "at", "lag": "90 minutes"}, "on_missing_reference": "quarantine" },
    { "table": "tag", "source": {"parquet": "tag.parquet"}, "write": "delete_insert" },
    { "table": "history", "source": {"parquet": "history.parquet"}, "write": "insert_only" } ] } ] }"#;

/// What the source holds the `version`th time: some rows are new, some gone, some changed, and two
/// customers have swapped their names.
fn write_source(root: &Path, version: usize) {
    let customer = |id: usize, name: String| format!("{id} | {name} | {}", 2 + (id + version) % 8);
    let mut customers: Vec<String> = (4..10).map(|id| customer(id, format!("name {id}"))).collect();
    customers.extend((0..2).map(|i| customer(2 + i, format!("swapped {}", (i + version) % 2))));
    customers.extend((0..5).map(|i| customer(100 + version + i, format!("guest {}", version + i))));
    files::write(&root.join("customer.parquet"), "id int64, name text, boss int64", &customers);
    // The customer of a refused sale is a guest four versions later.
    let sales = (version * 10..version * 10 + 20).map(|id| {
        let who = if id % 10 == 9 { 100 + id / 10 + 8 } else { 2 + id % 8 };
        let (day, hour) = (id / 10 / 24, id / 10 % 24);
        format!("{id} | {who} | {} | 2024-01-{:02} {hour:02}:00:00", id * version, day + 1)
    });
    files::write(
        &root.join("sale.parquet"),
        "id int64, customer int64, amount int64, at timestamp",
        &sales.collect::<Vec<_>>(),
    );
    let tags: Vec<String> = (0..12).map(|i| format!("{} | tag {}", 2 + i % 5, (i * version) % 7)).collect();
    files::write(&root.join("tag.parquet"), "customer int64, tag text", &tags);
    let history: Vec<String> = (0..version + 3).map(|i| format!("{i} | note {i}")).collect();
    files::write(&root.join("history.parquet"), "id int64, note text", &history);
}

fn make(client: &mut Client, root: &Path) {
    client.run(SCHEMA).ok("the tables");
    fs::write(root.join("plan.json"), PLAN.replace("{root}", &root.display().to_string())).expect("the plan");
    calls::call(client, &format!("load_plan('{}/plan.json')", root.display())).1.ok("the plan");
}

/// A target and its twin with tables, a plan and one sync behind them.
fn shop(target: &Target) -> Twin<'_> {
    let twin = target.twin();
    write_source(&target.root, 0);
    for client in [&mut target.client(), &mut twin.client()] {
        make(client, &target.root);
        calls::call(client, "sync_phase('shop')").1.ok("the first sync");
    }
    twin
}

/// What must be the same however often a run was killed: no numbers of runs.
fn outcome(client: &mut Client) -> (Vec<Dump>, Vec<Vec<Cell>>) {
    let own = |name: &str, db: Db| {
        if db == Db::Postgres { format!("cutover.{name}") } else { format!("cutover_{name}") }
    };
    let sql = format!(
        "SELECT table_name, cast(row_key AS text), reason FROM {} \
         UNION ALL SELECT table_name, column_name, cursor_value FROM {} ORDER BY 1, 2, 3",
        own("quarantine", client.db),
        own("sync_cursor", client.db)
    );
    let kept = client.run(&sql).ok("quarantine and cursors");
    assert!(kept.len() > 1, "there is something in the quarantine, and a cursor: {kept:?}");
    (canonical::user_tables(client), kept)
}

fn all(target: &Target) -> Vec<Dump> {
    canonical::all_tables(&mut target.client())
}

/// The failpoint to be struck next: one that was not, or where all were, another each round.
fn choose(passed: &[String], struck: &BTreeSet<String>, round: usize) -> usize {
    1 + passed.iter().position(|name| !struck.contains(name)).unwrap_or(round * 7 % passed.len())
}

fn killed_at_all_moments(target: &Target) {
    let rounds = std::env::var("CUTOVER_KILL_ROUNDS").ok().map(|n| n.parse().expect("a number"));
    let twin = shop(target);
    let mut struck = BTreeSet::new();
    for round in 1..=rounds.unwrap_or(ROUNDS) {
        write_source(&target.root, round);
        let call =
            ["sync_phase('shop')", "sync_job('shop')", "sync_phase('shop', mode => 'full')"][round % 3];
        let passed = twin.call(call).passed;
        let number = choose(&passed, &struck, round);
        let name = passed[number - 1].clone();
        let at = format!("{} round {round}: {call} killed at {number}, {name}", target.db.name());

        let before = all(target);
        let killed = target.strike("SIGKILL", number, call);
        assert!(!killed.ok, "{at}: {}", killed.said);
        assert_eq!(killed.passed, passed[..number], "{at}");
        let mut client = target.client();
        let after = canonical::all_tables(&mut client);
        if name == "committed" {
            assert_eq!(outcome(&mut client), outcome(&mut twin.client()), "{at}");
        } else {
            assert_eq!(before, after, "{at}");
        }
        assert_eq!(target.rubbish(&mut client), Vec::<String>::new(), "{at}");

        calls::call(&mut client, call).1.ok(&at);
        assert_eq!(outcome(&mut client), outcome(&mut twin.client()), "{at}: the rerun");
        let (again, _) = calls::call(&mut client, "sync_phase('shop')");
        for row in again.as_array().expect("a report") {
            let written = ["inserted", "updated", "deleted"].map(|count| row[count].as_i64());
            assert_eq!(written, [Some(0); 3], "{at}: once more: {row}");
        }
        calls::call(&mut twin.client(), "sync_phase('shop')").1.ok(&at);
        struck.insert(name);
    }
    println!("{}: killed at {}", target.db.name(), struck.iter().cloned().collect::<Vec<_>>().join(", "));
}

#[test]
fn a_sync_is_killed_in_postgresql() {
    killed_at_all_moments(&Target::new(Db::Postgres, "killed"));
}

#[test]
fn a_sync_is_killed_in_sqlite() {
    killed_at_all_moments(&Target::new(Db::Sqlite, "killed"));
}

#[test]
fn a_sync_is_killed_in_sqlite_with_a_write_ahead_log() {
    let target = Target::new(Db::Sqlite, "killed_wal");
    for client in [&mut target.client(), &mut target.twin().client()] {
        client.run("PRAGMA journal_mode = wal").ok("the journal");
    }
    killed_at_all_moments(&target);
}

/// Calls struck at each of their moments; a server that is killed takes long to come back, and is
/// killed once for each name.
fn struck_everywhere(target: &Target, signal: &str, calls: &[&str]) {
    let twin = shop(target);
    write_source(&target.root, 1);
    for call in calls {
        let call = call.replace("{root}", &target.root.display().to_string());
        let moments = twin.call(&call).passed;
        let once = signal == "SIGKILL";
        let mut from = 0;
        while let Some(late) = target.strike_each(signal, once, &call, &moments, from, &mut |_, _, _| {}) {
            from = late;
        }
        calls::call(&mut target.client(), &call).1.ok(&call);
    }
}

/// A sync has its own rounds.
const KILLED: [&str; 4] = [
    "replay_quarantine('shop')",
    "load_plan('{root}/plan.json')",
    "import_parquet('{root}/tag.parquet', target => 'tag')",
    "import_parquet('{root}/tag.parquet', target => 'fresh')",
];
const CANCELLED: [&str; 4] =
    ["sync_phase('shop')", "sync_job('shop')", "verify_phase('shop')", "validate_phase('shop')"];

#[test]
fn calls_are_killed_in_postgresql() {
    struck_everywhere(&Target::new(Db::Postgres, "calls_killed"), "SIGKILL", &KILLED);
}

#[test]
fn calls_are_killed_in_sqlite() {
    struck_everywhere(&Target::new(Db::Sqlite, "calls_killed"), "SIGKILL", &KILLED);
}

#[test]
fn calls_are_cancelled_in_postgresql() {
    struck_everywhere(&Target::new(Db::Postgres, "calls_cancelled"), "SIGINT", &[CANCELLED, KILLED].concat());
}

#[test]
fn calls_are_cancelled_in_sqlite() {
    struck_everywhere(&Target::new(Db::Sqlite, "calls_cancelled"), "SIGINT", &[CANCELLED, KILLED].concat());
}

/// A file is there whole or not at all. A killed export cannot take its unfinished file away, which
/// has a name that no source reads; a cancelled one does.
fn exports(db: Db, signal: &str) {
    let target = Target::new(db, &format!("export_{}", signal.to_lowercase()));
    let _twin = shop(&target);
    export(&target, signal, ("parquet", "export_parquet('sale', '{file}')"), &|number, file| {
        let read = format!("import_parquet('{}', target => 'copy_{number}')", file.display());
        let (report, answer) = calls::call(&mut target.client(), &read);
        answer.ok(&read);
        assert_eq!(report[0]["inserted"], 18, "{read}");
    });
    let customers = target.client().run("SELECT count(*) FROM customer").ok("count")[0][0].clone();
    let backup = ("tar", "export_backup('{file}', tables => ARRAY['customer'])");
    export(&target, signal, backup, &|_, file| {
        let records = archives::lines(db, file).len() - 1;
        assert_eq!(Some(records.to_string()), customers, "{}", file.display());
    });
}

/// One kind of file, which `check` reads.
fn export(target: &Target, signal: &str, (ending, call): (&str, &str), check: &dyn Fn(usize, &Path)) {
    let db = target.db;
    let folder = target.root.join(ending);
    fs::create_dir_all(&folder).expect("a folder");
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).expect("its mode can be set");
    for number in 1.. {
        let file = folder.join(format!("{number}.{ending}"));
        let before = all(target);
        let call = call.replace("{file}", &file.display().to_string());
        let struck = target.strike(signal, number, &call);
        let at = format!("{}: {signal} at {:?}", db.name(), struck.passed);
        if struck.passed.len() < number {
            assert!(struck.ok && number > 2, "{at}: {}", struck.said);
            break;
        }
        assert_eq!(before, all(target), "{at}");
        let named = struck.passed.iter().any(|name| name == "named the file");
        assert_eq!(file.exists(), named, "{at}");
        if !named {
            calls::call(&mut target.client(), &call).1.ok(&at);
        }
        check(number, &file);
        for entry in fs::read_dir(&folder).expect("a folder") {
            let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
            let unfinished = name.starts_with(".cutover-") && name.ends_with(".part");
            assert!(name.ends_with(ending) || (unfinished && signal == "SIGKILL"), "{at}: {name}");
        }
    }
}

#[test]
fn an_export_is_killed() {
    exports(Db::Postgres, "SIGKILL");
    exports(Db::Sqlite, "SIGKILL");
}

#[test]
fn an_export_is_cancelled() {
    exports(Db::Postgres, "SIGINT");
    exports(Db::Sqlite, "SIGINT");
}

/// What another session does to a table while a run reads its source: each change, and how it is
/// taken back.
const CHANGES: [(&str, &str); 6] = [
    ("ALTER TABLE tag ADD COLUMN more text", "ALTER TABLE tag DROP COLUMN more"),
    ("ALTER TABLE tag RENAME COLUMN tag TO label", "ALTER TABLE tag RENAME COLUMN label TO tag"),
    ("CREATE UNIQUE INDEX note_once ON history (note)", "DROP INDEX note_once"),
    ("ALTER TABLE tag RENAME TO kept", "ALTER TABLE kept RENAME TO tag"),
    ("DROP TABLE tag", "CREATE TABLE tag (customer integer, tag text)"),
    (
        "ALTER TABLE tag RENAME TO kept; CREATE TABLE tag (customer integer, tag text)",
        "DROP TABLE tag; ALTER TABLE kept RENAME TO tag",
    ),
];

fn overtaken(db: Db) {
    let target = Target::new(db, "overtaken");
    let twin = shop(&target);
    write_source(&target.root, 1);
    let passed = twin.call("sync_phase('shop')").passed;
    let locked = passed.iter().position(|name| name == "locked").expect("it takes its locks");
    for number in [1, locked] {
        for (change, back) in CHANGES {
            let at = format!("{} at {}: {change}", db.name(), passed[number - 1]);
            let mut after = Vec::new();
            let struck = target.halt(number, "sync_phase('shop')", &mut || {
                target.client().run(change).ok(&at);
                after = all(&target);
            });
            assert!(!struck.ok && struck.said.contains("55000"), "{at}: {}", struck.said);
            assert!(struck.said.contains("while the run was under way"), "{at}: {}", struck.said);
            assert_eq!(after, all(&target), "{at}");
            target.client().run(back).ok(&at);
        }
    }
    calls::call(&mut target.client(), "sync_phase('shop')").1.ok("the rerun");
    assert_eq!(outcome(&mut target.client()), outcome(&mut twin.client()));
}

#[test]
fn a_table_is_changed_during_a_run_in_postgresql() {
    overtaken(Db::Postgres);
}

#[test]
fn a_table_is_changed_during_a_run_in_sqlite() {
    overtaken(Db::Sqlite);
}
