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

/// What both demos must show, in this order.
const SHOWN: [&str; 12] = [
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

fn check(text: &str) {
    let mut rest = text;
    for part in SHOWN {
        let at = rest.find(part).unwrap_or_else(|| panic!("expected {part:?} (in this place)"));
        rest = &rest[at + part.len()..];
    }
}

#[test]
fn demo_in_sqlite() {
    check(&run(&mut Command::new(home().join("sql/examples/nycflights13/demo-sqlite.sh"))));
}

#[test]
fn demo_in_postgresql() {
    let server = server();
    let path = format!(
        "{}:{}",
        std::path::Path::new(&server.psql).parent().expect("a folder").display(),
        std::env::var("PATH").unwrap_or_default()
    );
    check(&run(Command::new(home().join("sql/examples/nycflights13/demo-postgres.sh"))
        .env("PATH", path)
        .env("PGHOST", &server.host)
        .env("PGPORT", "5432")
        .env("PGUSER", "postgres")
        .env("CUTOVER_FILES", &server.files)));
}
