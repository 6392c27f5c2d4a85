//! The demos that the README names, run as they are; they must show the numbers that are known.

use std::process::Command;

use cutover_tests::home;
use cutover_tests::postgres::server;

/// Runs a demo and returns what it printed, box drawing made plain: cells joined by ` | `.
fn run(command: &mut Command) -> String {
    let output = command.current_dir("/").output().expect("the demo starts");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    println!("{text}{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "the demo failed");
    text.lines()
        .map(|line| {
            let cells: Vec<&str> = line.split(['│', '|']).map(str::trim).filter(|c| !c.is_empty()).collect();
            cells.join(" | ") + "\n"
        })
        .collect()
}

/// What the demo of real data must show in both databases, in this order.
const NYCFLIGHTS13: &[&str] = &[
    "airlines | 16 | 16 | 0 | 0 | 0 | 0 | 0",
    "1 | 0 | 0", // rows after the dry run
    "flights | 336776 | 280481 | 0 | 0 | 0 | 0 | 56295",
    "280481 | 56295 | 336776",
    "weather | 26115 | 0 | 0 | 26115 | 0 | 0 | 0",
    "flights | 336776 | 0 | 0 | 280481 | 0 | 0 | 56295",
    "336739",
    "flights | 336739 | 3 | 100 | 280341 | 40 | 0 | 56295",
    "flights.parquet\" is not a valid Parquet file",
    "280444 | 100",
    "ZZ | Made here, not imported",
    "What to try next",
];

/// The same of the demo of a whole cutover.
const TURBO: &[&str] = &[
    "0 | 0 | 0 | 0 | 0", // the fresh database
    "plan loaded: 4 phases, 17 tables",
    "jobs | job_time_allocations | 4000 | 4000 | 0 | 0 | 0",
    "time | time_entries | 20000 | 20000 | 0 | 0 | 0",
    "300 | 285 | 15",                 // leads found
    "jobs | 2000 | 0 | 1 | 1999 | 1", // test data replaced
    "0 | 1",                          // only in that phase
    "phase \"jobs\" is frozen; table \"jobs\" cannot be written",
    "5 source files of phase \"jobs\" are older than its freeze",
    "jobs | 2001 | 1 | 3 | 1997 | 0",
    "jobs | local | 7900",
    "phase \"jobs\" is live here; imports are refused",
    "expenses | 7650 | 0 | 0 | 7650 | 1",
    "1 | job_time_allocations | 0 | 1",
    "1 | jobs | 2 | 0",
    "cl-t1 | First client of Turbo | uid-100111",
    "expenses | 6000 | 1 | 2 | 5997 | 1",
    "time_sheets | 2800 | 0 | 2 | 2798 | 0",
    "profiles | 61 | 0 | 1 | 60 | 0",
    "users | local | 374 | 0",
    "jobs | local | 7900 | 0",
    "expenses | local | 7650 | 0",
    "time | local | 22891 | 0",
    "jobs | jobs | 2002 | 2002 | 2000 | 0 | 0 | 2 | _imported",
    "time | time_entries | 20001 | 20001 | 20000 | 0 | 0 | 1 | _imported",
    "What to try next",
];

/// The same of the demo of two sides.
const POWERCA: &[&str] = &[
    "plan loaded: 2 phases, 15 tables",
    "masters | climaster | upsert | 726 | 726 | 0 | 0 | 0 | 0 | 0",
    "masters | mbstaff | upsert | 16 | 16 | 0 | 0 | 0 | 0 | 0",
    "work | jobshead | upsert | 24568 | 24564 | 0 | 0 | 0 | 0 | 4",
    "work | jobtasks | delete_insert | 64711 | 64700 | 0 | 0 | 0 | 0 | 11",
    "work | taskchecklist | delete_insert | 2894 | 2894 | 0 | 0 | 0 | 0 | 0",
    "work | reminder | upsert | 132 | 132 | 0 | 0 | 0 | 0 | 0",
    "jobtasks | missing_reference | job_id is not in jobshead | 11",
    "jobshead | full | 24568 | 24564 | 0 | 0 | 0",
    "jobtasks | full | 64711 | 64700 | 0 | 0 | 0",
    "reminder | incremental | 11 | 11 | 0 | 0 | 0",
    "1       4      15       1         5       5       0      95252    95237            0",
    "10       4      15       1         5       6       1      95315    95300            0",
    "7001 | done | M | done | M",
    "1000001 | done | M | done | M",
    "64700 | 64690 | 10", // generated keys that stayed
    "minutes",            // the task that the cloud refuses
    "1 | Client 1\n",
    "climaster | 736 | 0 | 1 | 0",
    "jobshead | 24588 | 20 | 24584 | 20 | 4 | 0 | 4",
    "jobtasks | 64731 | 40 | 64720 | 40 | 11 | 0 | 11",
    "workdiary | 1261 | 1 | 1261 | 1 | 0 | 0 | 0",
    "learequest | 21 | 10 | 21 | 10 | 0 | 0 | 0",
    "jobtasks | 64731 | 64680 | 0 | 0 | 0 | 40 | 11",
    "plan loaded: 3 phases, 23 tables", // the other placement
    "work | 7 | 93625 | 93610 | 0 | 0 | 0 | 15",
    "2       4      15       1         5       1       1      95259    95244            0",
    "jobtasks | 64715 | 2 | 64704 | 8 | 11 | 0",
    "workdiary | 1261 | 1 | 1261 | 1 | 0 | 0",
    "What to try next",
];

fn check(text: &str, shown: &[&str]) {
    let mut rest = text;
    for part in shown {
        let at = rest.find(part).unwrap_or_else(|| panic!("expected {part:?} (in this place)"));
        rest = &rest[at + part.len()..];
    }
}

fn in_sqlite(example: &str) -> String {
    run(&mut Command::new(home().join("sql/examples").join(example).join("demo-sqlite.sh")))
}

fn in_postgresql(example: &str) -> String {
    let server = server();
    let path = format!(
        "{}:{}",
        std::path::Path::new(&server.psql).parent().expect("a folder").display(),
        std::env::var("PATH").unwrap_or_default()
    );
    run(Command::new(home().join("sql/examples").join(example).join("demo-postgres.sh"))
        .env("PATH", path)
        .env("PGHOST", &server.host)
        .env("PGPORT", "5432")
        .env("PGUSER", "postgres")
        .env("CUTOVER_FILES", &server.files))
}

#[test]
fn demo_in_sqlite() {
    check(&in_sqlite("nycflights13"), NYCFLIGHTS13);
}

#[test]
fn demo_in_postgresql() {
    check(&in_postgresql("nycflights13"), NYCFLIGHTS13);
}

#[test]
fn turbo_in_sqlite() {
    check(&in_sqlite("turbo"), TURBO);
}

#[test]
fn turbo_in_postgresql() {
    check(&in_postgresql("turbo"), TURBO);
}

#[test]
fn powerca_in_sqlite() {
    check(&in_sqlite("powerca"), POWERCA);
}

#[test]
fn powerca_in_postgresql() {
    check(&in_postgresql("powerca"), POWERCA);
}
