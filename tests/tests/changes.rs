//! Local changes on their way out under writers that commit late, roll back and use savepoints, while batches
//! are exported, given up and acknowledged: whoever applies the batches in order has the table.
//!
//! `CUTOVER_TORTURE_SECONDS=600 cargo test -p cutover-tests --test changes` does it for longer.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use cutover_tests::client::Client;
use cutover_tests::postgres::server;
use cutover_tests::{Db, calls};
use serde_json::Value;

/// How long the writers write where nothing else is said.
const SECONDS: u64 = 4;
/// Few keys, so that writers meet.
const KEYS: u64 = 60;

const TABLE: &str =
    "CREATE TABLE items (id integer PRIMARY KEY, v integer NOT NULL, note text, imported boolean NOT NULL)";

/// The same numbers on every run of a seed (splitmix64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % limit
    }
}

/// A folder with a plan of one phase whose table is tracked from the start.
fn folder(name: &str) -> PathBuf {
    let root = server().files.join(name);
    fs::create_dir_all(&root).expect("a folder");
    fs::set_permissions(&root, fs::Permissions::from_mode(0o777)).expect("its mode can be set");
    let plan = r#"{"version": 1, "phases": [{"name": "shop", "tables": [
        {"table": "items", "source": {"parquet": "items.parquet"}, "write": "upsert", "track": true,
         "origin": {"column": "imported", "imported": true, "local": false}}]}]}"#;
    fs::write(root.join("plan.json"), plan).expect("the plan can be written");
    root
}

/// A few statements of one transaction.
fn transaction(db: Db, numbers: &mut Numbers) -> String {
    let mut sql = String::from(if db == Db::Postgres { "BEGIN;\n" } else { "BEGIN IMMEDIATE;\n" });
    for _ in 0..=numbers.below(4) {
        let (id, v) = (numbers.below(KEYS), numbers.below(1000));
        let statement = match numbers.below(6) {
            0 => format!("DELETE FROM items WHERE id = {id}"),
            1 => format!("UPDATE items SET v = {v} WHERE id BETWEEN {id} AND {}", id + 3),
            // A key moves to a place that is free, or nowhere.
            2 => {
                let to = numbers.below(KEYS);
                format!(
                    "UPDATE items SET id = {to} WHERE id = {id} AND NOT EXISTS (SELECT 1 FROM items WHERE id = {to})"
                )
            }
            3 => format!("SAVEPOINT a;\nUPDATE items SET v = {v} WHERE id = {id};\nROLLBACK TO SAVEPOINT a"),
            _ => format!(
                "INSERT INTO items VALUES ({id}, {v}, 'n', true) ON CONFLICT (id) DO UPDATE SET v = excluded.v"
            ),
        };
        sql.push_str(&format!("{statement};\n"));
        // Late commits: an export begins and ends meanwhile.
        if db == Db::Postgres && numbers.below(4) == 0 {
            sql.push_str(&format!("SELECT pg_sleep({});\n", numbers.below(20) as f64 / 100.0));
        }
    }
    sql + if numbers.below(4) == 0 { "ROLLBACK;" } else { "COMMIT;" }
}

/// Writes until told to stop, and answers how many transactions there were. Two writers may meet so that
/// one of them must give up: a deadlock, a key that came up meanwhile.
fn write(mut client: Client, seed: u64, stop: &AtomicBool) -> u64 {
    let mut numbers = Numbers(seed);
    let mut done = 0;
    while !stop.load(Ordering::Relaxed) {
        let answer = client.run(&transaction(client.db, &mut numbers));
        if let Some(error) = answer.error {
            let expected = ["40P01", "40001", "23505"].contains(&error.code.as_str());
            assert!(expected, "a writer failed: {}", error.text);
            client.run("ROLLBACK");
        }
        done += 1;
    }
    done
}

/// What the other side has made of the batches: rows by id, and how many batches there were.
#[derive(Default)]
struct Copy {
    rows: BTreeMap<String, Value>,
    applied: i64,
    /// The hash of each batch's manifest, once seen.
    manifests: HashMap<String, String>,
}

impl Copy {
    /// Applies the batches that are open, in order; one of them now and then a second time, as after a
    /// crash before it was acknowledged.
    fn catch_up(&mut self, client: &mut Client, root: &Path, numbers: &mut Numbers) {
        let own = if client.db == Db::Postgres { "cutover.change_batch" } else { "cutover_change_batch" };
        let open = format!(
            "SELECT number, batch_id, sha256 FROM {own} WHERE acknowledged_at IS NULL ORDER BY number"
        );
        for row in client.run(&open).ok("the open batches") {
            let [Some(number), Some(id), Some(sha256)] = row.as_slice() else { panic!("{row:?}") };
            let before = self.manifests.insert(id.clone(), sha256.clone());
            assert!(before.is_none_or(|before| before == *sha256), "batch {number} has changed");
            self.apply(root, number, id);
            if numbers.below(3) == 0 {
                break;
            }
            let number: i64 = number.parse().expect("a number");
            assert_eq!(number, self.applied + 1, "batches come without gaps");
            let (_, answer) = calls::call(client, &format!("acknowledge_changes('{id}')"));
            match answer.error {
                None => self.applied = number,
                // An export has the phase.
                Some(error) => {
                    assert!(busy(&error), "{}", error.text);
                    break;
                }
            }
        }
    }

    fn apply(&mut self, root: &Path, number: &str, id: &str) {
        let stem = format!("shop-{:06}-{id}", number.parse::<i64>().expect("a number"));
        let read = |part: &str| fs::read_to_string(root.join(format!("{stem}.{part}.json")));
        let lines = |text: &str| -> Vec<Value> {
            text.lines().map(|line| serde_json::from_str(line).expect("a JSON object")).collect()
        };
        let manifest: Value = serde_json::from_str(&read("manifest").expect("a manifest")).expect("JSON");
        for file in manifest["files"].as_array().expect("files") {
            let name = file["file"].as_str().expect("a name");
            let text = fs::read_to_string(root.join(name)).expect("a file that the manifest names");
            assert_eq!(text.lines().count() as u64, file["rows"].as_u64().expect("rows"), "{name}");
            for row in lines(&text) {
                if file["table"].is_null() {
                    self.rows.remove(row["row_key"][0].as_str().expect("a key"));
                } else {
                    self.rows.insert(row["id"].to_string(), row);
                }
            }
        }
    }
}

fn busy(error: &cutover_tests::client::Failure) -> bool {
    error.code == "55P03" || error.text.contains("locked")
}

/// Exports, or tells what is in the way.
fn export(client: &mut Client, root: &Path) -> Option<String> {
    let call = format!("export_changes('shop', '{}', format => 'json')", root.display());
    let error = calls::call(client, &call).1.error?;
    assert!(busy(&error), "{}", error.text);
    Some(error.text)
}

/// `connect` gives a session, with the extension where it is asked for.
fn torture(root: &Path, writers: u64, connect: &(dyn Fn(bool) -> Client + Sync)) {
    let mut first = connect(true);
    first.run(TABLE).ok("the table");
    let (loaded, answer) = calls::call(&mut first, &format!("load_plan('{}/plan.json')", root.display()));
    assert!(answer.error.is_none(), "{loaded} {}", answer.said);
    let seconds = std::env::var("CUTOVER_TORTURE_SECONDS").ok().and_then(|n| n.parse().ok());
    let until = Instant::now() + Duration::from_secs(seconds.unwrap_or(SECONDS));
    let stop = AtomicBool::new(false);
    let mut copy = thread::scope(|scope| {
        let all: Vec<_> = (0..writers)
            .map(|n| {
                scope.spawn({
                    let stop = &stop;
                    move || write(connect(false), n, stop)
                })
            })
            .collect();
        let exporter = scope.spawn(|| {
            let (mut client, mut numbers) = (connect(true), Numbers(77));
            while !stop.load(Ordering::Relaxed) {
                // One in five is given up: its files are there, and it never was.
                let given_up = numbers.below(5) == 0;
                if given_up {
                    client.run(if client.db == Db::Postgres { "BEGIN" } else { "BEGIN IMMEDIATE" });
                }
                export(&mut client, root);
                if given_up {
                    client.run("ROLLBACK");
                }
                thread::sleep(Duration::from_millis(20));
            }
        });
        let reader = scope.spawn(|| {
            let (mut client, mut numbers, mut copy) = (connect(true), Numbers(5), Copy::default());
            while !stop.load(Ordering::Relaxed) {
                copy.catch_up(&mut client, root, &mut numbers);
                thread::sleep(Duration::from_millis(30));
            }
            copy
        });
        // A thread that has failed ends the rest.
        let failed = || all.iter().any(|t| t.is_finished()) || exporter.is_finished() || reader.is_finished();
        while Instant::now() < until && !failed() {
            thread::sleep(Duration::from_millis(50));
        }
        stop.store(true, Ordering::Relaxed);
        let done: u64 = all.into_iter().map(|t| t.join().expect("a writer")).sum();
        assert!(done > 20, "the writers did something: {done} transactions");
        exporter.join().expect("the exporter");
        reader.join().expect("the reader")
    });
    let mut numbers = Numbers(1);
    let own = if first.db == Db::Postgres { "cutover.change" } else { "cutover_change" };
    let left = format!("SELECT table_name, row_key, op, batch FROM {own} LIMIT 5");
    for round in 0.. {
        let left = first.run(&left).ok("what is left");
        if left.is_empty() {
            break;
        }
        let busy = export(&mut first, root);
        assert!(round < 100, "these never leave: {left:?} {busy:?}");
        copy.catch_up(&mut first, root, &mut numbers);
    }
    assert!(copy.applied > 3, "there were batches: {}", copy.applied);
    let rows = first.run("SELECT id, v FROM items ORDER BY id").ok("the table");
    let mut copied: Vec<(i64, i64)> = copy
        .rows
        .values()
        .map(|row| (row["id"].as_i64().expect("an id"), row["v"].as_i64().expect("a value")))
        .collect();
    copied.sort_unstable();
    let number = |cell: &Option<String>| cell.as_deref().and_then(|n| n.parse().ok()).expect("a number");
    let rows: Vec<(i64, i64)> = rows.iter().map(|row| (number(&row[0]), number(&row[1]))).collect();
    assert_eq!(copied, rows, "the batches, applied in order, are the table");
    assert!(copy.rows.values().all(|row| row["imported"] == Value::Bool(false)), "all rows are local");
}

#[test]
fn nothing_is_lost_in_postgresql() {
    server().new_database("changes");
    torture(&folder("changes-postgres"), 4, &|_| Client::postgres("changes"));
}

/// The writers are sqlite3 processes that have not loaded the extension.
#[test]
fn nothing_is_lost_in_sqlite() {
    let root = folder("changes-sqlite");
    let file = root.join("database.sqlite");
    Client::plain_sqlite(&file).run("PRAGMA journal_mode = wal").ok("readers go on beside a writer");
    torture(&root, 2, &|extension| {
        let mut client = if extension { Client::sqlite(&file) } else { Client::plain_sqlite(&file) };
        client.run("PRAGMA busy_timeout = 10000").ok("patience");
        client
    });
}
