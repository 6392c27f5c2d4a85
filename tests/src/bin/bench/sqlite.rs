//! The SQLite half: a database file in WAL mode with synchronous = normal.

use std::fs;
use std::path::{Path, PathBuf};

use cutover_tests::client::Client;
use cutover_tests::postgres::server;

use crate::data::COLUMNS;
use crate::measure::{Line, Way, goal, memory, order, print, time};
use crate::{Run, make_current, plan};

/// Measures and prints.
pub fn bench(run: &Run) {
    let (folder, file) = place();
    println!("\nSQLite {}", one(&mut open(&file), "SELECT sqlite_version()"));
    loads(run, &file);
    sync(run, &folder, &file);
    remove(&file);
}

fn place() -> (PathBuf, PathBuf) {
    let folder = server().files.join("sqlite");
    fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join("bench.sqlite");
    (folder, file)
}

/// Measures memory and prints it.
pub fn memory_of_process(run: &Run) {
    let (folder, file) = place();
    println!("\nMemory of SQLite's process");
    let sql = format!("SELECT import_parquet('{}', '{{\"target\": \"big\"}}')", run.files.big.display());
    memory("import_parquet", &mut open(&file), run.big_rows, &sql);
    make_current(&folder, &run.files.big);
    make_target(&mut open(&file), &folder);
    for call in ["sync_phase, first load", "sync_phase, nothing changed"] {
        memory(call, &mut Client::sqlite(&file), run.big_rows, "SELECT sync_phase('p')");
    }
    remove(&file);
}

fn one(client: &mut Client, sql: &str) -> String {
    client.run(sql).ok(sql)[0][0].clone().unwrap_or_default()
}

/// A new database.
fn open(file: &Path) -> Client {
    remove(file);
    let mut client = Client::sqlite(file);
    client.run("PRAGMA journal_mode = wal; PRAGMA synchronous = normal;").ok("WAL");
    client
}

fn remove(file: &Path) {
    for ending in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(with_ending(file, ending));
    }
}

fn with_ending(file: &Path, ending: &str) -> PathBuf {
    PathBuf::from(format!("{}{ending}", file.display()))
}

fn loads(run: &Run, file: &Path) {
    let (rows, csv) = (run.files.rows.display(), run.files.csv.display());
    let make = format!("CREATE TABLE x ({COLUMNS})");
    let ways = [
        Way::new(
            "import_parquet into a new table",
            "",
            format!("SELECT import_parquet('{rows}', '{{\"target\": \"x\"}}')"),
        ),
        Way::new(".import of the same as CSV", &make, format!(".import --csv {csv} x")),
        Way::new(
            "INSERT ... SELECT from a temporary table",
            format!(
                "{make}; CREATE TEMP TABLE copied ({COLUMNS});\n.import --csv --schema temp {csv} copied"
            ),
            "INSERT INTO x SELECT * FROM copied",
        ),
    ];
    let mut seconds = vec![Vec::new(); ways.len()];
    for round in 0..run.rounds {
        for i in order(ways.len(), round) {
            let way = &ways[i];
            let mut client = open(file);
            client.run(&way.before).ok("make ready");
            seconds[i].push(time(&mut client, &way.timed));
            assert_eq!(one(&mut client, "SELECT count(*) FROM x"), run.rows.to_string(), "{}", way.name);
        }
    }
    let lines: Vec<Line> = ways.iter().zip(seconds).map(|(way, s)| Line::of(way.name, s, None)).collect();
    print("Load into a new table", &lines);
    goal("import_parquet against .import", lines[1].seconds / lines[0].seconds, 2.0);
}

/// The target of the plan, and the plan; returns the target's columns.
fn make_target(client: &mut Client, root: &Path) -> String {
    let columns = COLUMNS.replacen("id bigint", "id integer PRIMARY KEY", 1);
    let plan = plan(root);
    client.run(&format!("CREATE TABLE target ({columns}); SELECT load_plan('{plan}');")).ok("the plan");
    columns
}

fn sync(run: &Run, root: &Path, file: &Path) {
    let call = "SELECT sync_phase('p')";
    let delete = "BEGIN; DELETE FROM target; INSERT INTO target SELECT * FROM copied; COMMIT";
    let names = [
        "sync_phase: first load",
        "sync_phase: nothing changed",
        "sync_phase: 1 % changed",
        "DELETE + INSERT of everything (rows already staged)",
    ];
    let mut seconds = vec![Vec::new(); names.len()];
    let mut wal = vec![Vec::new(); names.len()];
    for _ in 0..run.rounds {
        let mut client = open(file);
        let columns = make_target(&mut client, root);
        client
            .run(&format!("PRAGMA wal_autocheckpoint = 0; CREATE TEMP TABLE copied ({columns})"))
            .ok("the copy");
        let steps =
            [(call, Some(&run.files.rows)), (call, None), (call, Some(&run.files.changed)), (delete, None)];
        for (i, (sql, current)) in steps.into_iter().enumerate() {
            if let Some(current) = current {
                make_current(root, current);
            }
            if i == 3 {
                client.run("INSERT INTO copied SELECT * FROM target").ok("the copy");
            }
            // The log is as long as what was written since it was emptied.
            client.run("PRAGMA wal_checkpoint(TRUNCATE)").ok("checkpoint");
            seconds[i].push(time(&mut client, sql));
            let bytes = fs::metadata(with_ending(file, "-wal")).map_or(0, |m| m.len());
            wal[i].push(bytes as f64);
        }
    }
    let lines: Vec<Line> = names
        .iter()
        .zip(seconds.into_iter().zip(wal))
        .map(|(what, (s, w))| Line::of(what, s, Some(w)))
        .collect();
    print("sync_phase with replace into a table with an integer primary key", &lines);
}
