//! Days of nested documents against a plain oracle, on both databases: what each day leaves in tables, snapshots,
//! stubs, derived tables and the quarantine, and that a day done twice writes nothing.
//!
//! `CUTOVER_DAYS_CASES` says how many cases, `CUTOVER_DAYS_SEED` the first of them; a failure prints its own.
//! `CUTOVER_ONLY=sqlite` (or `postgres`) leaves the other database out.

use std::collections::BTreeSet;
use std::env::var;
use std::fs;
use std::path::Path;

use cutover_tests::canonical::{self, Dump};
use cutover_tests::days::documents::{self, Document, World};
use cutover_tests::days::oracle::{Ask, Oracle};
use cutover_tests::place::Place;
use cutover_tests::{Db, calls, reports};
use serde_json::{Value, json};

const SCHEMA: &str = "
    CREATE TABLE shops (id integer PRIMARY KEY, name text NOT NULL);
    CREATE TABLE customers (id integer PRIMARY KEY, points integer);
    CREATE TABLE orders (id integer PRIMARY KEY, shop_id integer NOT NULL REFERENCES shops, customer_id integer REFERENCES customers,
        status text NOT NULL, updated_at timestamp NOT NULL, posted date, cents integer);
    CREATE TABLE jobs (id integer PRIMARY KEY, order_id integer NOT NULL REFERENCES orders, hours integer);
    CREATE TABLE lines (id integer PRIMARY KEY, job_id integer NOT NULL REFERENCES jobs, order_id integer NOT NULL REFERENCES orders, cents integer NOT NULL);
    CREATE TABLE snapshots (order_id integer, status text, cents integer);
    CREATE TABLE daily (shop_id integer, day date, orders bigint, cents bigint, PRIMARY KEY (shop_id, day));
    CREATE TABLE shop_totals (shop_id integer PRIMARY KEY, orders bigint, cents bigint);
    CREATE TABLE states (status text PRIMARY KEY, orders bigint, cents bigint);
    INSERT INTO shops VALUES (1, 'known'), (2, 'known');";

/// What the cases of a run must have shown.
const FEATURES: [&str; 14] = [
    "customers quarantined",
    "customers skipped",
    "orders updated",
    "orders quarantined",
    "orders skipped",
    "shops inserted",
    "snapshots inserted",
    "jobs deleted",
    "jobs quarantined",
    "lines deleted",
    "lines quarantined",
    "lines updated",
    "daily full",
    "daily incremental",
];

const DERIVED: [&str; 3] = ["daily", "shop_totals", "states"];

fn plan(root: &Path) -> Value {
    // What all tables of documents have in common.
    let table = |name: &str, write: &str, each: &str, rest: Value| {
        let mut table = json!({"table": name, "write": write, "source": {"json": "*.ndjson", "each": each},
            "on_extra_column": "ignore", "on_bad_value": "quarantine", "on_duplicate_key": "last",
            "dedup_sort": {"source": "$.updatedDate", "type": "timestamptz"}, "max_delete": "100 %"});
        table.as_object_mut().expect("an object").extend(rest.as_object().expect("an object").clone());
        table
    };
    let derived = |name: &str, from: Value, by: Option<Value>, query: &str| {
        let mut table = json!({"table": name, "write": "replace", "derived_from": from, "source": {"query": query}, "max_delete": "100 %"});
        if let Some(by) = by {
            table["recompute"] = by;
        }
        table
    };
    let orders = json!({"cursor": {"column": "updated_at", "lag": "1 day", "by": ["shop_id"]}, "time_zone": "America/Chicago",
        "on_missing_reference": "stub", "stub_values": {"shops": {"name": "unknown"}},
        "columns": {"shop_id": {"path": "$.shopId"}, "customer_id": {"path": "$.customerId"}, "status": {"path": "$.status.name"},
            "updated_at": {"path": "$.updatedDate", "convert": "utc"}, "posted": {"path": "$.postedDate", "convert": "local_date"},
            "cents": {"path": "$.total", "convert": "cents"}},
        "snapshots": [{"into": "snapshots", "when": {"column": "status", "becomes": ["POSTED", "COMPLETE"]},
            "columns": {"order_id": "id", "status": "status", "cents": "cents"}}]});
    let jobs = json!({"scope": ["order_id"], "on_missing_reference": "quarantine", "on_referenced": "retain",
        "columns": {"order_id": {"path": "$.id"}}});
    let lines = json!({"scope": ["order_id"], "on_missing_reference": "quarantine",
        "columns": {"order_id": {"path": "$.id"}, "job_id": {"path": "$.jobs[*].id"},
            "cents": {"path": "$.jobs[*].lines[*].cost", "convert": "cents"}}});
    let daily = "SELECT o.shop_id, o.posted AS day, count(*) AS orders, sum(coalesce(l.cents, 0)) AS cents FROM orders o \
        LEFT JOIN (SELECT order_id, sum(cents) AS cents FROM lines GROUP BY order_id) l ON l.order_id = o.id \
        WHERE o.posted IS NOT NULL GROUP BY o.shop_id, o.posted";
    let by_day = json!({"by": ["shop_id", "day"], "match": {"orders": {"day": "posted"}}});
    let totals = "SELECT shop_id, sum(orders) AS orders, sum(cents) AS cents FROM daily GROUP BY shop_id";
    let states =
        "SELECT status, count(*) AS orders, sum(coalesce(cents, 0)) AS cents FROM orders GROUP BY status";
    json!({"version": 1, "root": root, "phases": [{"name": "w", "tables": [
        table("customers", "upsert", "$.customer", json!({})),
        table("orders", "upsert", "$", orders),
        table("jobs", "replace", "$.jobs[*]", jobs),
        table("lines", "replace", "$.jobs[*].lines[*]", lines),
        derived("daily", json!(["orders", "lines"]), Some(by_day), daily),
        derived("shop_totals", json!(["daily"]), Some(json!({"by": ["shop_id"]})), totals),
        derived("states", json!(["orders"]), None, states)]}]})
}

/// A report's lines, sorted; of derived tables how they were computed and what was written.
fn told(report: &Value) -> Vec<String> {
    let line = |row: &Value| {
        let name = row["table_name"].as_str().unwrap_or_default();
        let balanced = reports::lines(&json!([row])).concat();
        if DERIVED.contains(&name) {
            let [mode, inserted, updated, deleted] =
                ["mode", "inserted", "updated", "deleted"].map(|key| &row[key]);
            return format!("{name}: {} {inserted} {updated} {deleted}", mode.as_str().unwrap_or_default());
        }
        balanced
    };
    let mut lines: Vec<String> = report.as_array().into_iter().flatten().map(line).collect();
    lines.sort();
    lines
}

/// All that a run may leave: tables, and what is kept of stubs and refused rows.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Left {
    tables: Vec<Dump>,
    stubs: Vec<String>,
    quarantine: Vec<String>,
}

/// The rows of a query, cells parted by spaces, sorted; `{own}` stands before the name of a table of ours.
fn rows(place: &mut Place, sql: &str) -> Vec<String> {
    let sql = sql.replace("{own}", if place.client.db == Db::Postgres { "cutover." } else { "cutover_" });
    let rows = place.client.run(&sql).ok(&sql);
    let shown = |cell: Option<String>| canonical::json(&cell.unwrap_or_default());
    let mut rows: Vec<String> =
        rows.into_iter().map(|row| row.into_iter().map(shown).collect::<Vec<_>>().join(" ")).collect();
    rows.sort();
    rows
}

fn left(place: &mut Place) -> Left {
    let state = "CASE WHEN completed_run IS NULL THEN 'open' ELSE 'complete' END";
    Left {
        tables: canonical::user_tables(&mut place.client),
        stubs: rows(place, &format!("SELECT table_name, row_key, {state} FROM {{own}}stub")),
        // Rows without a key have no name of their own.
        quarantine: rows(
            place,
            "SELECT table_name, row_key, reason FROM {own}quarantine WHERE row_key NOT LIKE '[null%'",
        ),
    }
}

fn expected(oracle: &Oracle) -> Left {
    let state = |complete: bool| if complete { "complete" } else { "open" };
    let stub =
        |((table, key), complete): (&(&str, i64), &bool)| format!("{table} [\"{key}\"] {}", state(*complete));
    let entry =
        |((table, key), (_, reason)): (&(&str, i64), &(i64, &str))| format!("{table} [\"{key}\"] {reason}");
    let mut quarantine: Vec<String> = oracle.quarantine.iter().map(entry).collect();
    quarantine.sort();
    Left { tables: oracle.tables(), stubs: oracle.stubs.iter().map(stub).collect(), quarantine }
}

/// Lays out a day's documents, as one file or two.
fn lay_out(folder: &Path, day: &[Document], split: usize) {
    fs::create_dir_all(folder).expect("a folder");
    let (a, b) = day.split_at(split);
    fs::write(folder.join("a.ndjson"), documents::lines(a)).expect("a file");
    fs::write(folder.join("b.ndjson"), documents::lines(b)).expect("a file");
}

/// Calls the day's sync; returns the lines of its report.
fn sync(place: &mut Place, folder: &Path, more: &str) -> Vec<String> {
    let call = format!("sync_phase('w', root => '{}'{more})", folder.display());
    let (report, answer) = calls::call(&mut place.client, &call);
    answer.ok(&call);
    told(&report)
}

/// Whether a line of a report tells of a write.
fn writes(line: &&String) -> bool {
    let written = ["inserted", "updated", "deleted"].iter().any(|count| line.contains(count));
    written || DERIVED.iter().any(|table| line.starts_with(table)) && !line.ends_with(" 0 0 0")
}

/// Tries a case on all places; adds the lines of its reports, without their numbers, to what was `seen`.
fn attempt(seed: u64, places: &mut [Place], seen: &mut BTreeSet<String>) {
    let mut world = World::new(seed);
    let mut oracle = Oracle::new();
    let root = places[0].root.clone();
    for place in &mut *places {
        place.empty();
        place.client.run(SCHEMA).ok("schema");
        let load = format!("load_plan('{}')", plan(&root));
        calls::call(&mut place.client, &load).1.ok(&load);
    }
    for number in 2..8 {
        let day = world.day(number);
        let folder = root.join(format!("day-{number}"));
        lay_out(&folder, &day, world.random.below(day.len() + 1));
        let asks = [Ask::All, Ask::All, Ask::All, Ask::Full, Ask::Part];
        let ask = if number == 2 { Ask::All } else { asks[world.random.below(5)] };
        let more = match ask {
            Ask::All => "",
            Ask::Full => ", mode => 'full'",
            Ask::Part => ", tables => ARRAY['orders', 'jobs', 'lines']",
        };
        let look = ["", "", ", dry_run => true", ", rehearse => true"][world.random.below(4)];
        let before = expected(&oracle);
        let report = oracle.run(&day, ask);
        let after = expected(&oracle);
        seen.extend(report.iter().flat_map(|line| features(line)));
        let mut details = Vec::new();
        for place in &mut *places {
            let db = place.client.db.name();
            let case = format!("seed {seed}, day {number}{more}{look}, {db}\n{}", documents::lines(&day));
            if !look.is_empty() {
                assert_eq!(sync(place, &folder, &(more.to_owned() + look)), report, "{case}");
                assert_eq!(left(place), before, "{case}");
            }
            assert_eq!(sync(place, &folder, more), report, "{case}");
            assert_eq!(left(place), after, "{case}");
            let entries = "SELECT table_name, row_key, last_run FROM {own}quarantine";
            let kept = rows(place, entries);
            let again = sync(place, &folder, more);
            assert_eq!(again.iter().find(writes), None, "the same again: {case}");
            assert_eq!((left(place), rows(place, entries)), (after.clone(), kept), "the same again: {case}");
            details.push(rows(place, "SELECT table_name, row_key, detail, row_data FROM {own}quarantine"));
        }
        assert!(details.windows(2).all(|pair| pair[0] == pair[1]), "seed {seed}, day {number}: {details:#?}");
    }
}

/// What a line of a report shows: `lines deleted`, `daily incremental`.
fn features(line: &str) -> Vec<String> {
    let (table, told) = line.split_once(": ").expect("a table");
    let words = told.split([' ', ',']).filter(|word| word.starts_with(|c: char| c.is_ascii_lowercase()));
    words.map(|word| format!("{table} {word}")).collect()
}

#[test]
fn days_of_documents_leave_what_the_oracle_says() {
    let number = |name: &str| var(name).ok().map(|n| n.parse::<u64>().expect("a number"));
    let first = number("CUTOVER_DAYS_SEED").unwrap_or(1);
    let cases = number("CUTOVER_DAYS_CASES").unwrap_or(8);
    let only = var("CUTOVER_ONLY").ok();
    let asked = [Db::Postgres, Db::Sqlite]
        .into_iter()
        .filter(|db| only.as_deref().is_none_or(|only| only == db.name()));
    let mut places: Vec<Place> = asked.map(|db| Place::new(db, "days")).collect();
    let mut seen = BTreeSet::new();
    for seed in first..first + cases {
        attempt(seed, &mut places, &mut seen);
    }
    let reached = seen.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    println!("days: {cases} cases from seed {first}: {reached}");
    for feature in FEATURES {
        assert!(cases < 8 || seen.contains(feature), "no case has shown {feature}: {reached}");
    }
}
