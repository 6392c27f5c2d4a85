//! Documents: repair orders with their jobs and line items into six tables, beside SQL that does the same by
//! the databases' own JSON functions, and how it goes with more documents and with deeper ones.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use cutover_tests::client::Client;
use cutover_tests::postgres::server;

use crate::Run;
use crate::measure::{Line, memory, print, time};

/// Rows of one order in all tables: itself, 3 jobs, 9 parts, 3 labor lines, 3 fees, 1 sublet.
const ROWS_OF_ORDER: usize = 20;
/// How many orders change in a day, of all that are there.
const DAY: usize = 200;
/// The tables, children before parents.
const TABLES: [&str; 6] = ["sublet", "fee", "labor", "part", "job", "ro"];

/// Measures both databases and prints. A tenth as many orders as other ways have rows: 100,000 of 1,000,000.
pub fn bench(run: &Run) {
    let orders = run.rows / 10;
    println!(
        "\nDocuments: {orders} repair orders, {} rows in 6 tables; each file is decoded once",
        orders * ROWS_OF_ORDER
    );
    let folder = folder();
    let file = made(&folder, "orders", orders, 0);
    let day = made(&folder, "day", DAY.min(orders), 0);
    for database in ["PostgreSQL", "SQLite"] {
        let mut seconds = [const { Vec::new() }; 4];
        for _ in 0..run.rounds.min(3) {
            let mut side = Side::new(database, &folder);
            seconds[0].push(side.by_hand(&file));
            side.check(orders);
            side.empty();
            seconds[1].push(side.sync(&file, 0));
            seconds[2].push(side.sync(&file, 0));
            seconds[3].push(side.sync(&day, 0));
            side.check(orders);
        }
        let names = [
            "JSON functions by hand, into empty tables",
            "sync_phase: first load",
            "sync_phase: nothing changed",
            "sync_phase: the orders of a day",
        ];
        let lines: Vec<Line> = names.iter().zip(seconds).map(|(name, s)| Line::of(name, s, None)).collect();
        print(database, &lines);
        let read = [orders, orders, orders, DAY.min(orders)];
        for ((name, line), orders) in names.iter().zip(&lines).zip(read) {
            println!("  {name}: {:.0} rows per second", (orders * ROWS_OF_ORDER) as f64 / line.seconds);
        }
        println!("  growth: rows per second of a first load");
        for (orders, depth) in
            [(orders / 4, 0), (orders / 2, 0), (orders, 0), (orders / 4, 16), (orders / 4, 64)]
        {
            let file = made(&folder, "grown", orders, depth);
            let mut side = Side::new(database, &folder);
            let seconds = side.sync(&file, depth);
            side.check(orders);
            println!(
                "  {orders:>8} orders, {:>3} levels deeper, {:>6.1} MB: {:>8.0}",
                depth,
                size(&file),
                (orders * ROWS_OF_ORDER) as f64 / seconds
            );
        }
    }
}

/// Measures memory and prints it: a file of about a gigabyte where the big rows are 10,000,000.
pub fn memory_of_processes(run: &Run) {
    let folder = folder();
    let orders = run.big_rows / 10;
    let file = made(&folder, "big", orders, 0);
    println!("\nMemory with documents: a file of {:.0} MB", size(&file));
    for database in ["PostgreSQL", "SQLite"] {
        let mut side = Side::new(database, &folder);
        side.plan(&file, 0);
        let call = side.call();
        side.client.wait(Duration::from_secs(3600));
        memory(&format!("{database}: sync_phase"), &mut side.client, orders * ROWS_OF_ORDER, &call);
    }
}

fn size(file: &Path) -> f64 {
    fs::metadata(file).map_or(0, |meta| meta.len()) as f64 / 1e6
}

/// Where both databases can read and write.
fn folder() -> PathBuf {
    let folder = server().files.join("documents");
    fs::create_dir_all(&folder).expect("a folder");
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).expect("its mode can be set");
    folder
}

/// A file of orders, one per line; the jobs lie `depth` levels deeper.
fn made(folder: &Path, name: &str, orders: usize, depth: usize) -> PathBuf {
    let path = folder.join(format!("{name}.ndjson"));
    let mut out = BufWriter::new(File::create(&path).expect("a file"));
    let (open, close) = ("{\"in\":".repeat(depth), "}".repeat(depth));
    for order in 1..=orders {
        let jobs: Vec<String> = (1..=3).map(|n| job(order * 10 + n)).collect();
        writeln!(
            out,
            "{{\"id\":{order},\"shop\":{},\"status\":\"POSTED\",\"created\":\"2026-11-01T10:00:00-06:00\",\"note\":\"order number {order} of a shop\",\"work\":{open}{{\"jobs\":[{}]}}{close}}}",
            order % 7,
            jobs.join(",")
        )
        .expect("written");
    }
    out.flush().expect("written");
    path
}

fn job(id: usize) -> String {
    let parts: Vec<String> = (1..=3)
        .map(|n| {
            format!(
                "{{\"id\":{},\"name\":\"Part {}\",\"quantity\":{n},\"cost\":{}.{:02}}}",
                id * 10 + n,
                id % 97,
                id % 90,
                id % 100
            )
        })
        .collect();
    let sublets = if id % 10 == 1 { format!("{{\"id\":{id},\"cost\":40.5}}") } else { String::new() };
    format!(
        "{{\"id\":{id},\"name\":\"Job {}\",\"parts\":[{}],\"labor\":[{{\"id\":{id},\"hours\":1.5,\"rate\":150}}],\"fees\":[{{\"id\":{id},\"amount\":4.5}}],\"sublets\":[{sublets}]}}",
        id % 10,
        parts.join(",")
    )
}

/// One database with the six tables.
struct Side {
    client: Client,
    postgres: bool,
    folder: PathBuf,
}

impl Side {
    fn new(database: &str, folder: &Path) -> Side {
        let postgres = database == "PostgreSQL";
        let mut client = if postgres {
            server().new_database("documents");
            Client::postgres("documents")
        } else {
            let file = folder.join("documents.sqlite");
            for ending in ["", "-wal", "-shm"] {
                let _ = fs::remove_file(format!("{}{ending}", file.display()));
            }
            let mut client = Client::sqlite(&file);
            client.run("PRAGMA journal_mode = wal; PRAGMA synchronous = normal").ok("WAL");
            client
        };
        let of_order = "ro integer NOT NULL REFERENCES ro";
        let of_job = "job integer NOT NULL REFERENCES job";
        client
            .run(&format!(
                "CREATE TABLE ro (id integer PRIMARY KEY, shop integer, status text, created timestamptz, note text);
                 CREATE TABLE job (id integer PRIMARY KEY, {of_order}, name text);
                 CREATE TABLE part (id bigint PRIMARY KEY, {of_order}, {of_job}, name text, quantity integer, cost bigint);
                 CREATE TABLE labor (id bigint PRIMARY KEY, {of_order}, {of_job}, hours numeric(6,2), rate bigint);
                 CREATE TABLE fee (id bigint PRIMARY KEY, {of_order}, {of_job}, amount bigint);
                 CREATE TABLE sublet (id bigint PRIMARY KEY, {of_order}, {of_job}, cost bigint);"
            ))
            .ok("the tables");
        for table in ["job", "part", "labor", "fee", "sublet"] {
            client.run(&format!("CREATE INDEX {table}_ro ON {table} (ro)")).ok("an index");
        }
        for table in ["part", "labor", "fee", "sublet"] {
            client.run(&format!("CREATE INDEX {table}_job ON {table} (job)")).ok("an index");
        }
        Side { client, postgres, folder: folder.to_path_buf() }
    }

    fn empty(&mut self) {
        for table in TABLES {
            self.client.run(&format!("DELETE FROM {table}")).ok("empty");
        }
        self.client.run("VACUUM").ok("vacuum");
    }

    /// Loads the plan for a file whose jobs lie `depth` levels deeper.
    fn plan(&mut self, file: &Path, depth: usize) {
        let jobs = format!("$.work{}.jobs[*]", ".in".repeat(depth));
        let name = file.file_name().and_then(|n| n.to_str()).expect("a name");
        let own = r#""ro": {"path": "$.id"}"#;
        let of = |table: &str, each: &str, columns: &str| {
            format!(
                r#"{{"table": "{table}", "source": {{"json": "{name}", "each": "{each}"}}, "write": "replace",
                    "scope": ["ro"], "on_extra_column": "ignore", "columns": {{{own}{columns}}}}}"#
            )
        };
        let item = |table: &str, list: &str, cents: &str| {
            let each = format!("{jobs}.{list}[*]");
            let job = format!(
                r#", "job": {{"path": "{jobs}.id"}}, "{cents}": {{"path": "{each}.{cents}", "convert": "cents"}}"#
            );
            of(table, &each, &job)
        };
        let tables = [
            format!(
                r#"{{"table": "ro", "source": {{"json": "{name}"}}, "write": "upsert", "on_extra_column": "ignore",
                    "columns": {{"created": {{"path": "$.created", "convert": "utc"}}}}}}"#
            ),
            of("job", &jobs, ""),
            item("part", "parts", "cost"),
            item("labor", "labor", "rate"),
            item("fee", "fees", "amount"),
            item("sublet", "sublets", "cost"),
        ];
        let plan = format!(
            r#"{{"version": 1, "root": "{}", "phases": [{{"name": "p", "tables": [{}]}}]}}"#,
            self.folder.display(),
            tables.join(",")
        );
        let call = if self.postgres {
            format!("SELECT cutover.load_plan($${plan}$$)")
        } else {
            format!("SELECT load_plan('{plan}')")
        };
        self.client.run(&call).ok("the plan");
    }

    fn call(&self) -> String {
        if self.postgres { "SELECT * FROM cutover.sync_phase('p')" } else { "SELECT sync_phase('p')" }
            .to_owned()
    }

    fn sync(&mut self, file: &Path, depth: usize) -> f64 {
        self.plan(file, depth);
        let call = self.call();
        time(&mut self.client, &call)
    }

    /// What one writes who has no more than the database: the lines into a table, then a statement per table.
    fn by_hand(&mut self, file: &Path) -> f64 {
        let file = file.display();
        let sql = if self.postgres {
            let line = |table: &str, list: &str, columns: &str, typed: &str| {
                format!(
                    "INSERT INTO {table} SELECT x.id, (d ->> 'id')::int, (j ->> 'id')::int, {columns} FROM doc, \
                     jsonb_array_elements(d -> 'work' -> 'jobs') j, jsonb_to_recordset(j -> '{list}') AS x(id bigint, {typed});"
                )
            };
            format!(
                "BEGIN; CREATE TEMP TABLE doc (d jsonb) ON COMMIT DROP; COPY doc FROM '{file}' WITH (FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02');
                 INSERT INTO ro SELECT x.id, x.shop, x.status, x.created, x.note FROM doc, jsonb_to_record(d) AS x(id int, shop int, status text, created timestamptz, note text);
                 INSERT INTO job SELECT x.id, (d ->> 'id')::int, x.name FROM doc, jsonb_to_recordset(d -> 'work' -> 'jobs') AS x(id int, name text);
                 {}{}{}{} COMMIT;",
                line("part", "parts", "x.name, x.quantity, (x.cost * 100)::bigint", "name text, quantity int, cost numeric"),
                line("labor", "labor", "x.hours, (x.rate * 100)::bigint", "hours numeric, rate numeric"),
                line("fee", "fees", "(x.amount * 100)::bigint", "amount numeric"),
                line("sublet", "sublets", "(x.cost * 100)::bigint", "cost numeric"),
            )
        } else {
            let line = |table: &str, list: &str, columns: &str| {
                format!(
                    "INSERT INTO {table} SELECT x.value ->> 'id', d ->> 'id', j.value ->> 'id', {columns} FROM doc, \
                     json_each(d, '$.work.jobs') j, json_each(j.value, '$.{list}') x;"
                )
            };
            format!(
                "CREATE TEMP TABLE doc (d text);\n.mode ascii\n.separator \"\\001\" \"\\n\"\n.import {file} doc\n.mode list\n.separator \"\\037\" \"\\036\"\n.nullvalue \"\\035\"
BEGIN; INSERT INTO ro SELECT d ->> 'id', d ->> 'shop', d ->> 'status', d ->> 'created', d ->> 'note' FROM doc;
INSERT INTO job SELECT j.value ->> 'id', d ->> 'id', j.value ->> 'name' FROM doc, json_each(d, '$.work.jobs') j;
{}{}{}{} COMMIT; DROP TABLE doc;",
                line("part", "parts", "x.value ->> 'name', x.value ->> 'quantity', CAST(round((x.value ->> 'cost') * 100) AS integer)"),
                line("labor", "labor", "x.value ->> 'hours', CAST(round((x.value ->> 'rate') * 100) AS integer)"),
                line("fee", "fees", "CAST(round((x.value ->> 'amount') * 100) AS integer)"),
                line("sublet", "sublets", "CAST(round((x.value ->> 'cost') * 100) AS integer)"),
            )
        };
        time(&mut self.client, &sql)
    }

    /// All rows must be there, with their cents.
    fn check(&mut self, orders: usize) {
        let counts: Vec<String> =
            TABLES.iter().map(|table| format!("(SELECT count(*) FROM {table})")).collect();
        let sql = format!("SELECT {}, (SELECT sum(amount) FROM fee)", counts.join(" + "));
        let found = self.client.run(&sql).ok(&sql);
        let wanted = [orders * ROWS_OF_ORDER, orders * 3 * 450].map(|n| Some(n.to_string()));
        assert_eq!(found[0], wanted);
    }
}
