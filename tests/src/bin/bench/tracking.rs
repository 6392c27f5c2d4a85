//! What tracking costs whoever writes: an UPDATE of 100,000 rows with it and without it.

use std::fs;

use cutover_tests::client::Client;
use cutover_tests::postgres::server;

use crate::measure::{Line, order, print, time};

/// Rows that one UPDATE changes.
const ROWS: usize = 100_000;
const COLUMNS: &str = "(id integer PRIMARY KEY, n integer, note text, imported boolean NOT NULL)";
const PLAN: &str = r#"{"version": 1, "root": "/nowhere", "phases": [{"name": "p", "tables": [
    {"table": "tracked", "source": {"parquet": "none.parquet"}, "write": "upsert", "track": true,
     "origin": {"column": "imported", "imported": true, "local": false}}]}]}"#;

/// Measures both databases and prints.
pub fn bench(rounds: usize) {
    println!("\nTracking: an UPDATE of {ROWS} rows");
    server().new_database("tracking");
    let mut client = Client::postgres("tracking");
    let fill = |table: &str| {
        format!("INSERT INTO {table} SELECT i, i, md5(i::text), false FROM generate_series(1, {ROWS}) i")
    };
    client.run(&format!("CREATE TABLE plain {COLUMNS}; CREATE TABLE tracked {COLUMNS}")).ok("the tables");
    client.run(&format!("{}; {}", fill("plain"), fill("tracked"))).ok("rows");
    client.run(&format!("SELECT cutover.load_plan($${PLAN}$$)")).ok("the plan");
    let clean = "DELETE FROM cutover.change; VACUUM ANALYZE cutover.change; VACUUM ANALYZE plain; VACUUM ANALYZE tracked";
    measure("PostgreSQL", rounds, &mut client, clean);

    let folder = server().files.join("tracking");
    fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join("bench.sqlite");
    let mut client = Client::sqlite(&file);
    client.run("PRAGMA journal_mode = wal; PRAGMA synchronous = normal").ok("WAL");
    client.run(&format!("CREATE TABLE plain {COLUMNS}; CREATE TABLE tracked {COLUMNS}")).ok("the tables");
    let rows = format!(
        "WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r WHERE i < {ROWS}) \
         SELECT i, i, hex(i * 7919), 0 FROM r"
    );
    client.run(&format!("INSERT INTO plain {rows}; INSERT INTO tracked {rows}")).ok("rows");
    client.run(&format!("SELECT load_plan('{PLAN}')")).ok("the plan");
    // An application that has not loaded the extension.
    let mut client = Client::plain_sqlite(&file);
    client.run("PRAGMA synchronous = normal").ok("WAL");
    measure("SQLite", rounds, &mut client, "DELETE FROM cutover_change; PRAGMA wal_checkpoint(TRUNCATE)");
}

fn measure(database: &str, rounds: usize, client: &mut Client, clean: &str) {
    let ways = ["plain", "tracked"];
    let mut seconds = vec![Vec::new(); ways.len()];
    let mut again = Vec::new();
    for round in 0..rounds {
        client.run(clean).ok("a clean start");
        for i in order(ways.len(), round) {
            let update = format!("UPDATE {} SET n = n + 1", ways[i]);
            seconds[i].push(time(client, &update));
            if ways[i] == "tracked" {
                again.push(time(client, &update));
            }
        }
    }
    let [plain, tracked] = [0, 1].map(|i| std::mem::take(&mut seconds[i]));
    let lines = [
        Line::of("untracked", plain, None),
        Line::of("tracked", tracked, None),
        Line::of("tracked, the rows have pending changes", again, None),
    ];
    print(database, &lines);
    println!("  tracking makes it {:.1} times as long", lines[1].seconds / lines[0].seconds);
}
