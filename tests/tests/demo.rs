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

/// The same of the demo of a master and its slave, whatever they are in.
const PACKAGES: &[&str] = &[
    "plan loaded: 2 phases, 12 tables",
    "21 | system_data | manual",
    "22 | short_names | C | pending",
    "21 | system_data | applied",
    "interactions | 5000\n",
    "config | projects | upsert | 12 | 12 | 0 | 0",
    "content | events | upsert | 400 | 400 | 0 | 0",
    "content | project_members | replace | 212 | 212 | 0 | 0",
    "content | interactions | delete_insert | 5000 | 5000 | 0 | 0",
    "status: rows | row_count | ok",
    "a home page for every project | query | ok",
    "4477 lines, and no difference",
    "8868", // records on Tuesday
    "411 | slave-1 | Open stage",
    "config | projects | 13 | 1 | 2 | 10 | 0",
    "content | events | 402 | 2 | 4 | 396 | 0",
    "content | project_members | 197 | 2 | 0 | 195 | 17",
    "content | pages | 600 | 3 | 0 | 597 | 3",
    "event-2 | 16 | event-16 | p3",
    "412 | slave-2 | 411 | slave-1 | p1",
    "413 | event-401 | circus",
    "414 | event-402 | 413 | event-401 | circus",
    "8868 | 0 | 0 | 8868 | 0",           // the same once more
    "instructors | 60 | 0 | 1 | 58 | 1", // update
    "instructors | 60 | 1 | 0 | 0 | 59", // append
    "instructor-2 | Renamed again",
    "users: sysmail well formed | failed | sysmail = nobody",
    "a status is of its table | failed | (event-7, posts)",
    "48 | 48",
    "file 022_short_names.sql, line 4, statement 3: CREATE UNIQUE INDEX",
    "22 | short_names | C | pending",
    "22 | short_names | applied",
    "event-402 | Workshop 4\n", // the harm
    "events | 404 | 0 | 322 | 82",
    "slave-2 | Open stage, second night | Open stage",
    "4468 lines, and no difference",
    "What to try next",
];

/// The same of the demo of documents.
const WAREHOUSE: &[&str] = &[
    "plan loaded: 1 phases, 11 tables",
    "employees | upsert | full | 30 | 30 | 0 | 0 | 0 | 0 | 0",
    "customers | upsert | full | 1960 | 588 | 0 | 0 | 0 | 0 | 1372",
    "vehicles | upsert | full | 1980 | 693 | 0 | 0 | 0 | 0 | 1287",
    "repair_orders | upsert | full | 2000 | 2000",
    "jobs | replace | full | 4001 | 4001",
    "job_parts | replace | full | 8002 | 8001 | 0 | 0 | 0 | 1",
    "job_labor | replace | full | 4001 | 4001",
    "job_sublets | replace | full | 363 | 363",
    "job_fees | replace | full | 4001 | 4001",
    "daily_shop_metrics | replace | full | 4 | 4",
    "tech_daily_metrics | replace | full | 20 | 20",
    "customers | stub | full | 12 | 12",
    "employees | stub | full | 1 | 1",
    "vehicles | stub | full | 7 | 7",
    "ro_snapshots | snapshot | full | 1000 | 1000",
    "retail_cents: \"97.441\" has more than 2 decimal digits",
    "line 889, $.jobs[0].parts[0].retai",
    "100001 | COMPLETE | 2026-11-02 14:30:00", // UTC, and then the shop's own day
    "| 2026-11-02 | 4 | 31232 | 50370",
    "8002 | 64537440.1 | 64527696", // 97.441 apart
    "1000 | 2000 | 20",             // snapshots, raw documents, stubs
    "(101232, POSTED, 93640, 94140)",
    "(101777, COMPLETE, 72385, 79817)",
    "gross profit in all | ok | 118722809 against 118730741",
    "0 | 0 | 0 | 1000", // the same day once more
    "100005 | 6\n",
    "100006 | 2\n",
    "employees | upsert | incremental | 4 | 1 | 1 | 2 | 0",
    "repair_orders | upsert | incremental | 195 | 20 | 175 | 0 | 0",
    "job_parts | replace | full | 844 | 180 | 0 | 664 | 34",
    "daily_shop_metrics | replace | incremental | 2 | 1 | 0 | 1 | 0",
    "ro_snapshots | snapshot | incremental | 50 | 50",
    "100005 | 6\n",
    "100006 | 1\n",
    "job_parts | [\"10177711\"] | 1 | 1", // the refused price
    "employees | {\"shop_id\":\"6212\"} | updated_at | 2026-11-11 12:00:00.000Z",
    "repair_orders | {\"shop_id\":\"6212\"} | updated_at | 2026-11-11 21:59:00.000Z",
    "repair_orders | {\"shop_id\":\"7301\"} | updated_at | 2026-11-11 20:46:00.000Z",
    "customers | 12 | 12",
    "employees | 1 | 1",
    "vehicles | 7 | 7",
    "customers | 8 | First 8 | Shelbyville",
    "jobs | replace | full | 338 | 21 | 0 | 317 | 33",
    "daily_shop_metrics | replace | incremental | 3 | 1 | 1 | 1 | 0",
    "ro_snapshots | snapshot | incremental | 100 | 100",
    "0 | 0 | 0\n",
    "0 | 9744\n", // mended
    "1 | 1050\n", // orders with one snapshot
    "2 | 50\n",
    "POSTED | 2026-11-10 | 102040",
    "COMPLETE | 2026-11-10 | 102040",
    "repair_orders | 1 | 0 | 1 | 0",
    "taken",
    "ESTIMATE",
    "repair_orders | incremental | 161 | 0 | 0 | 161",
    "100011 | WORKINPROGRESS | 2026-11-13 08:00:00",
    "100015 | WORKINPROGRESS | 2026-11-13 03:00:00",
    "100019 | ESTIMATE | 2026-11-10 17:19:00",
    "100019 | WORKINPROGRESS",
    "1 | 10\n", // roles
    "2 | 8\n",
    "3 | 12\n",
    "4 | 2\n",
    "check \"roles\" of phase \"warehouse\" failed\nDETAIL:",
    "role = 7",
    "check \"order states\" of phase \"warehouse\" failed\nDETAIL:",
    "status = DONE",
    "check \"fee types\" of phase \"warehouse\" failed\nDETAIL:",
    "fee_type = tip",
    "6212 | 2026-11-02 | 250 | 25212028 | 16722727",
    "7301 | 2026-11-10 | 50 | 4821563 | 3106131",
    "gross profit | failed | (101232, POSTED, 93640, 94140)\n",
    "gross profit in all | ok | 121469579 against 121470079",
    "1 | sync | ok | 15 | 27382 | 24722 | 2000",
    "2 | sync | ok | 11 | 26330 | 0 | 2000",
    "9 | sync | ok | 11 | 104 | 1 | 3",
    "raw_documents",
    "1\n",
];

/// What it shows at last in SQLite: right sums and no dangling reference, and that there are no roles.
const WAREHOUSE_IN_SQLITE: &[&str] = &[
    "7 | 1 | 1 | 0\n",
    "2 | Shelbyville | 4\n",
    "SQLite has no roles and no row security",
    "What to try next",
];

/// And in PostgreSQL, which has.
const WAREHOUSE_IN_POSTGRESQL: &[&str] = &[
    "7 | t | t\n",
    "13 | 13\n", // tables with row security
    "ERROR:  row security hides rows of \"repair_orders\" from the caller",
    "HINT:  call it as a role with BYPASSRLS, or as the table's owner",
    "11 | 0\n",
    "ERROR:  permission denied for table customers",
    "ERROR:  permission denied for schema cutover",
    "2 | Shelbyville | 4\n",
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
    beside_server(&mut Command::new(home().join("sql/examples").join(example).join("demo-postgres.sh")))
}

/// A master and a slave, each in one of both databases.
fn packages(master: &str, slave: &str) {
    let script = home().join("sql/examples/packages/demo.sh");
    check(&beside_server(Command::new(script).args([master, slave])), PACKAGES);
}

fn beside_server(command: &mut Command) -> String {
    let server = server();
    let path = format!(
        "{}:{}",
        std::path::Path::new(&server.psql).parent().expect("a folder").display(),
        std::env::var("PATH").unwrap_or_default()
    );
    run(command
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

#[test]
fn packages_in_sqlite() {
    packages("sqlite", "sqlite");
}

#[test]
fn packages_in_postgresql() {
    packages("postgresql", "postgresql");
}

#[test]
fn packages_from_sqlite_to_postgresql() {
    packages("sqlite", "postgresql");
}

#[test]
fn packages_from_postgresql_to_sqlite() {
    packages("postgresql", "sqlite");
}

#[test]
fn warehouse_in_sqlite() {
    let text = in_sqlite("warehouse");
    check(&text, WAREHOUSE);
    check(&text, WAREHOUSE_IN_SQLITE);
}

#[test]
fn warehouse_in_postgresql() {
    let text = in_postgresql("warehouse");
    check(&text, WAREHOUSE);
    check(&text, WAREHOUSE_IN_POSTGRESQL);
}
