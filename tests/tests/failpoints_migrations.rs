//! Migrations that are killed and cancelled at every failpoint: all of them have run or none, and the backup that
//! is made before them is whole or not there.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use cutover_tests::canonical;
use cutover_tests::failpoints::Target;
use cutover_tests::{Db, calls};

const SCHEMA: &str = "
    CREATE TABLE person (xmlid text NOT NULL PRIMARY KEY, name text, age integer);
    INSERT INTO person VALUES ('p-1', 'Ann', 30), ('p-2', 'Bob', 40);";
const PLAN: &str = r#"{"version": 1, "phases": [{"name": "people", "tables": [{"table": "person"}]}]}"#;
const MIGRATIONS: [(&str, &str); 3] = [
    (
        "001_pets.sql",
        "CREATE TABLE pet (id integer PRIMARY KEY, owner text);\nINSERT INTO pet VALUES (1, 'p-1');",
    ),
    ("002_older.sql", "UPDATE person SET age = age + 1;"),
    ("003_nameless.sql", "ALTER TABLE person DROP COLUMN name;\nDELETE FROM pet;"),
];

fn folder(path: &Path) {
    fs::create_dir_all(path).expect("a folder");
    fs::set_permissions(path, fs::Permissions::from_mode(0o777)).expect("its mode can be set");
}

/// The archives of a folder; what a cancelled call was writing is not there any more.
fn archives(folder: &Path, signal: &str, at: &str) -> usize {
    let names = fs::read_dir(folder).expect("a folder").map(|e| e.expect("an entry").file_name());
    let names: Vec<String> = names.map(|name| name.to_string_lossy().into_owned()).collect();
    let (whole, parts): (Vec<_>, Vec<_>) = names.iter().partition(|name| name.ends_with(".tar.zst"));
    assert!(parts.is_empty() || signal == "SIGKILL", "{at}: {parts:?}");
    whole.len()
}

/// Strikes the migrations at each of their moments.
fn struck(db: Db, signal: &str) {
    let target = Target::new(db, &format!("migrations_{}", signal.to_lowercase()));
    let twin = target.twin();
    let (scripts, backups) = (target.root.join("m"), target.root.join("backups"));
    folder(&scripts);
    folder(&backups);
    for (name, text) in MIGRATIONS {
        fs::write(scripts.join(name), text).expect("a migration");
    }
    for client in [&mut target.client(), &mut twin.client()] {
        client.run(SCHEMA).ok("the tables");
        calls::call(client, &format!("load_plan('{PLAN}')")).1.ok("the plan");
    }
    let call = format!("apply_migrations('{}', backup_dir => '{}')", scripts.display(), backups.display());
    let moments = twin.call(&call).passed;
    assert!(moments.iter().filter(|name| *name == "applied a migration").count() == 3, "{moments:?}");
    let mut made = archives(&backups, signal, "before");
    // A server that is killed takes long to come back, and is killed once for each name.
    target.strike_each(signal, signal == "SIGKILL", &call, &moments, 0, &mut |struck, _, at| {
        let after = archives(&backups, signal, at);
        // The backup is made before the first statement, and stays whatever follows.
        let ran = struck.passed.iter().any(|name| name == "applied a migration");
        assert!(after - made <= 1 && (after > made || !ran), "{at}: {after} archives after {made}");
        made = after;
        // Where the migrations came too far to be stopped the tables are not those of the backup any more.
        let newest = format!("import_backup('{}', 'overwrite', dry_run => true)", backups.display());
        if !struck.ok && struck.passed.last().is_some_and(|name| name != "committed") {
            calls::call(&mut target.client(), &newest).1.ok(at);
        }
    });
    calls::call(&mut target.client(), &call).1.ok(&call);
    let tables = canonical::user_tables(&mut target.client());
    assert_eq!(tables, canonical::user_tables(&mut twin.client()));
    assert_eq!(tables.iter().map(|table| table.rows.len()).sum::<usize>(), 2, "{tables:?}");
}

#[test]
fn migrations_are_killed_in_postgresql() {
    struck(Db::Postgres, "SIGKILL");
}

#[test]
fn migrations_are_killed_in_sqlite() {
    struck(Db::Sqlite, "SIGKILL");
}

#[test]
fn migrations_are_cancelled_in_postgresql() {
    struck(Db::Postgres, "SIGINT");
}

#[test]
fn migrations_are_cancelled_in_sqlite() {
    struck(Db::Sqlite, "SIGINT");
}
