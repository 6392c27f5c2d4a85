//! Phases that are handed over and back, and local changes on their way out, killed and cancelled at every
//! failpoint: before or after, never between.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use cutover_tests::canonical::{self, Dump};
use cutover_tests::client::{Cell, Client};
use cutover_tests::failpoints::Target;
use cutover_tests::{Db, calls, files};
use serde_json::Value;

const SCHEMA: &str = "
    CREATE TABLE item (id integer PRIMARY KEY, v integer, imported integer);
    CREATE TABLE note (id integer PRIMARY KEY, item integer REFERENCES item (id), text text);
    CREATE TABLE item_there (id integer PRIMARY KEY, v integer, imported integer);
    CREATE TABLE note_there (id integer PRIMARY KEY, item integer, text text);";
const PLAN: &str = r#"{ "version": 1, "root": "{root}", "phases": [ { "name": "shop", "tables": [
    { "table": "item", "source": {"parquet": "item.parquet"}, "write": "replace", "after_acknowledge": "imported", "push_to": "item_there",
      "origin": {"column": "imported", "imported": 1, "local": 0} },
    { "table": "note", "source": {"parquet": "note.parquet"}, "write": "upsert", "push_to": "note_there" } ] } ] }"#;

/// What an application writes before a call, and the call.
const STEPS: [(&str, &str); 9] = [
    ("UPDATE item SET v = 0 WHERE id = 1", "freeze_phase('shop')"),
    ("SELECT 1", "cutover_phase('shop', allow_stale_source => true)"),
    (
        "UPDATE item SET v = 11 WHERE id = 1; DELETE FROM note WHERE id = 3; INSERT INTO item VALUES (9, 9, 1)",
        "export_changes('shop', '{root}/out')",
    ),
    ("UPDATE item SET v = 12 WHERE id = 1", "export_changes('shop', '{root}/out')"),
    (
        "SELECT 1",
        "acknowledge_changes((SELECT CAST(batch_id AS text) FROM {own}change_batch WHERE number = 1))",
    ),
    (
        "SELECT 1",
        "acknowledge_changes((SELECT CAST(batch_id AS text) FROM {own}change_batch WHERE number = 2))",
    ),
    (
        "UPDATE item SET v = 13 WHERE id = 1; DELETE FROM note WHERE id = 4; INSERT INTO note_there VALUES (4, 2, 'b')",
        "push_changes('shop')",
    ),
    ("SELECT 1", "reopen_phase('shop')"),
    ("SELECT 1", "cutover_phases('shop')"),
];

/// About as many kills as a pass has.
const STRIKES: usize = 100;

fn own(db: Db) -> &'static str {
    if db == Db::Postgres { "cutover." } else { "cutover_" }
}

fn make(client: &mut Client, root: &Path) {
    client.run(SCHEMA).ok("the tables");
    calls::call(client, &format!("load_plan('{}/plan.json')", root.display())).1.ok("the plan");
    calls::call(client, "sync_phase('shop')").1.ok("the first sync");
}

/// What must be the same however often a call was struck: no times, no numbers of runs, no ids.
fn outcome(client: &mut Client) -> (Vec<Dump>, Vec<Vec<Cell>>) {
    let own = own(client.db);
    let sql = format!(
        "SELECT 1, table_name, row_key, op, batch, CAST(image AS text) FROM {own}change \
         UNION ALL SELECT 2, phase, '', '', number, CASE WHEN acknowledged_at IS NULL THEN 'open' END FROM {own}change_batch \
         UNION ALL SELECT 3, phase, '', '', 0, authority FROM {own}phase \
         UNION ALL SELECT 4, phase, was, '', (SELECT count(*) FROM {own}authority_log b WHERE b.change_id <= a.change_id), authority \
         FROM {own}authority_log a ORDER BY 1, 2, 3, 5"
    );
    (canonical::user_tables(client), client.run(&sql).ok("our tables"))
}

/// A batch is there whole or not at all, by its manifest; and each that is in the database is there.
fn whole(target: &Target, signal: &str, at: &str) {
    let out = target.root.join("out");
    for entry in fs::read_dir(&out).expect("a folder") {
        let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
        let unfinished = name.starts_with(".cutover-") && name.ends_with(".part");
        assert!(!unfinished || signal == "SIGKILL", "{at}: {name}");
        if !name.ends_with(".manifest.json") {
            continue;
        }
        let text = fs::read_to_string(out.join(&name)).expect("a manifest");
        let manifest: Value = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{at}: {name}: {e}"));
        for file in manifest["files"].as_array().expect("files") {
            let file = file["file"].as_str().expect("a name");
            assert!(out.join(file).is_file(), "{at}: {name} names {file}");
        }
    }
    let sql =
        format!("SELECT number, batch_id FROM {}change_batch WHERE path <> 'push_changes'", own(target.db));
    for row in target.client().run(&sql).ok("the batches") {
        let [Some(number), Some(id)] = row.as_slice() else { panic!("{row:?}") };
        assert!(out.join(format!("shop-{number:0>6}-{id}.manifest.json")).is_file(), "{at}: batch {number}");
    }
}

/// Strikes all steps at all their failpoints; again and again where more rounds are asked for.
fn struck_everywhere(db: Db, signal: &str) {
    let rounds = std::env::var("CUTOVER_KILL_ROUNDS").ok().map(|n| n.parse().expect("a number"));
    for pass in 0..=rounds.unwrap_or(0) / STRIKES {
        one_pass(db, signal, pass);
    }
}

/// A failpoint that a call passes more than once is struck once in the first pass, and each time in others.
fn one_pass(db: Db, signal: &str, pass: usize) {
    let target = Target::new(db, &format!("authority_{}_{pass}", signal.to_lowercase()));
    let twin = target.twin();
    let out = target.root.join("out");
    fs::create_dir_all(&out).expect("a folder");
    fs::set_permissions(&out, fs::Permissions::from_mode(0o777)).expect("its mode can be set");
    let plan = PLAN.replace("{root}", &target.root.display().to_string());
    fs::write(target.root.join("plan.json"), plan).expect("the plan");
    let rows = |rows: &[&str]| rows.iter().map(|row| (*row).to_owned()).collect::<Vec<_>>();
    files::write(&target.root.join("item.parquet"), "id int64, v int64", &rows(&["1 | 1", "2 | 2"]));
    let notes = rows(&["3 | 1 | a", "4 | 2 | b"]);
    files::write(&target.root.join("note.parquet"), "id int64, item int64, text text", &notes);
    for mut client in [target.client(), twin.client()] {
        make(&mut client, &target.root);
    }

    let mut names = BTreeSet::new();
    for (write, call) in STEPS {
        let call = call.replace("{root}", &target.root.display().to_string()).replace("{own}", own(db));
        for mut client in [target.client(), twin.client()] {
            client.run(write).ok(write);
        }
        let moments = twin.call(&call).passed;
        let once = pass == 0 && signal == "SIGKILL";
        let late = target.strike_each(signal, once, &call, &moments, 0, &mut |_, moment, at| {
            names.insert(moment.to_owned());
            whole(&target, signal, at);
        });
        if late.is_none() {
            calls::call(&mut target.client(), &call).1.ok(&call);
        }
        assert_eq!(outcome(&mut target.client()), outcome(&mut twin.client()), "{}: {call}", db.name());
    }
    for name in ["settled the triggers", "changed the authority", "took the changes", "forgot the changes"] {
        assert!(names.contains(name), "{name} is on no way: {names:?}");
    }
}

#[test]
fn authority_and_changes_are_killed_in_postgresql() {
    struck_everywhere(Db::Postgres, "SIGKILL");
}

#[test]
fn authority_and_changes_are_killed_in_sqlite() {
    struck_everywhere(Db::Sqlite, "SIGKILL");
}

#[test]
fn authority_and_changes_are_cancelled_in_postgresql() {
    struck_everywhere(Db::Postgres, "SIGINT");
}

#[test]
fn authority_and_changes_are_cancelled_in_sqlite() {
    struck_everywhere(Db::Sqlite, "SIGINT");
}
