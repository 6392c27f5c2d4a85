//! `make bench`: loads and syncs measured against what the databases have themselves, all in one
//! run and interleaved, so that the ratios hold on a busy machine. `bench speed` and `bench memory`,
//! for `postgres`, `sqlite`, `tracking`, `backup` or `documents` alone where that is named.

mod backup;
mod data;
mod documents;
mod measure;
mod postgres;
mod sqlite;
mod tracking;

use std::fs;
use std::path::Path;

use cutover_tests::home;
use cutover_tests::postgres::server;

/// Rows of the loads and syncs, and of the memory test.
const ROWS: usize = 1_000_000;
const BIG_ROWS: usize = 10_000_000;
/// Times that each way is measured.
const ROUNDS: usize = 5;

fn main() {
    let mut args = std::env::args().skip(1);
    let (what, only) = (args.next().expect("speed or memory"), args.next());
    let wanted = |name: &str| only.as_deref().is_none_or(|only| only == name);
    let number =
        |name: &str, usual: usize| std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(usual);
    let (rows, big_rows, rounds) =
        (number("BENCH_ROWS", ROWS), number("BENCH_BIG_ROWS", BIG_ROWS), number("BENCH_ROUNDS", ROUNDS));
    let made = data::make(&home().join(".work/bench"), rows, big_rows);
    let run = Run { files: shared(&made), rows, big_rows, rounds };
    match what.as_str() {
        "speed" => {
            println!("{rows} rows of 9 mixed columns; medians of {rounds} interleaved runs");
            if wanted("postgres") {
                postgres::bench(&run);
            }
            if wanted("sqlite") {
                sqlite::bench(&run);
            }
            if wanted("tracking") {
                tracking::bench(run.rounds);
            }
            if wanted("backup") {
                backup::bench(&run);
            }
            if wanted("documents") {
                documents::bench(&run);
            }
        }
        "memory" => {
            if wanted("postgres") {
                postgres::memory_of_backend(&run);
            }
            if wanted("sqlite") {
                sqlite::memory_of_process(&run);
            }
            if wanted("backup") {
                backup::memory_of_processes(&run);
            }
            if wanted("documents") {
                documents::memory_of_processes(&run);
            }
        }
        other => panic!("{other}: speed or memory"),
    }
}

/// What both halves need to know.
struct Run {
    files: data::Files,
    rows: usize,
    big_rows: usize,
    rounds: usize,
}

/// The files where the server can read them.
fn shared(made: &data::Files) -> data::Files {
    let folder = &server().files;
    let share = |path: &Path, name: &str| {
        let there = folder.join(name);
        fs::hard_link(path, &there)
            .or_else(|_| fs::copy(path, &there).map(drop))
            .expect("the file can be shared");
        there
    };
    data::Files {
        rows: share(&made.rows, "rows.parquet"),
        changed: share(&made.changed, "changed.parquet"),
        csv: share(&made.csv, "rows.csv"),
        big: share(&made.big, "big.parquet"),
    }
}

/// A plan of one phase, `p`, that replaces `target` by the file `current.parquet`.
fn plan(root: &Path) -> String {
    format!(
        r#"{{"version": 1, "root": "{}", "phases": [{{"name": "p", "tables": [
            {{"table": "target", "source": {{"parquet": "current.parquet"}}, "write": "replace"}}]}}]}}"#,
        root.display()
    )
}

/// Puts a file in the place that the plan reads.
fn make_current(root: &Path, file: &Path) {
    let current = root.join("current.parquet");
    let _ = fs::remove_file(&current);
    fs::hard_link(file, &current)
        .or_else(|_| fs::copy(file, &current).map(drop))
        .expect("the file can be placed");
}
