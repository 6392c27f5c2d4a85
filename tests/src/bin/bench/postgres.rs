//! The PostgreSQL half.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use cutover_tests::client::Client;
use cutover_tests::postgres::server;

use crate::data::COLUMNS;
use crate::measure::{Line, Way, goal, memory, order, print, time};
use crate::{Run, make_current, plan};

/// Measures and prints.
pub fn bench(run: &Run) {
    server().new_database("bench");
    let mut client = Client::postgres("bench");
    println!("\nPostgreSQL {}", one(&mut client, "SHOW server_version"));
    loads(run, &mut client);
    sync(run, &mut client);
}

/// Measures memory and prints it.
pub fn memory_of_backend(run: &Run) {
    server().new_database("memory");
    let mut client = Client::postgres("memory");
    println!(
        "\nMemory of PostgreSQL's backend, shared_buffers = {}",
        one(&mut client, "SHOW shared_buffers")
    );
    let sql = format!(
        "SELECT * FROM cutover.import_parquet('{}', target => 'pg_temp.big')",
        run.files.big.display()
    );
    memory("import_parquet", &mut Client::postgres("memory"), run.big_rows, &sql);
    make_current(&make_target(&mut client), &run.files.big);
    for call in ["sync_phase, first load", "sync_phase, nothing changed"] {
        let sql = "SELECT * FROM cutover.sync_phase('p')";
        memory(call, &mut Client::postgres("memory"), run.big_rows, sql);
    }
}

fn one(client: &mut Client, sql: &str) -> String {
    client.run(sql).ok(sql)[0][0].clone().unwrap_or_default()
}

fn loads(run: &Run, client: &mut Client) {
    let (rows, csv) = (run.files.rows.display(), run.files.csv.display());
    let folder = server().files.join("binary");
    fs::create_dir_all(&folder).expect("a folder");
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).expect("its mode can be set");
    let binary = folder.join("rows.bin");
    client
        .run(&format!(
            "CREATE TEMP TABLE copied ({COLUMNS}); COPY copied FROM '{csv}' (FORMAT csv); \
             COPY copied TO '{}' (FORMAT binary)",
            binary.display()
        ))
        .ok("the binary file and the copy");
    let make = format!("CREATE TEMP TABLE x ({COLUMNS})");
    let ways = [
        Way::new(
            "import_parquet into a new temporary table",
            "",
            format!("SELECT * FROM cutover.import_parquet('{rows}', target => 'pg_temp.x')"),
        ),
        Way::new("COPY csv", &make, format!("COPY x FROM '{csv}' (FORMAT csv)")),
        Way::new("COPY binary", &make, format!("COPY x FROM '{}' (FORMAT binary)", binary.display())),
        Way::new("INSERT ... SELECT from a temporary table", &make, "INSERT INTO x SELECT * FROM copied"),
    ];
    let mut seconds = vec![Vec::new(); ways.len()];
    for round in 0..run.rounds {
        for i in order(ways.len(), round) {
            let way = &ways[i];
            client.run("DROP TABLE IF EXISTS pg_temp.x").ok("drop");
            client.run(&way.before).ok("make ready");
            seconds[i].push(time(client, &way.timed));
            assert_eq!(one(client, "SELECT count(*) FROM pg_temp.x"), run.rows.to_string(), "{}", way.name);
        }
    }
    let lines: Vec<Line> = ways.iter().zip(seconds).map(|(way, s)| Line::of(way.name, s, None)).collect();
    print("Load into a temporary table", &lines);
    goal("import_parquet against COPY csv", lines[1].seconds / lines[0].seconds, 3.5);
    goal("import_parquet against COPY binary", lines[2].seconds / lines[0].seconds, 1.3);
    client.run("DROP TABLE pg_temp.x").ok("drop");
}

/// The target of the plan, and the plan; returns the plan's root.
fn make_target(client: &mut Client) -> PathBuf {
    let root = server().files.join("sync");
    fs::create_dir_all(&root).expect("a folder");
    client.run(&format!("CREATE TABLE target ({COLUMNS}, PRIMARY KEY (id))")).ok("target");
    client.run(&format!("SELECT cutover.load_plan($${}$$)", plan(&root))).ok("the plan");
    root
}

fn sync(run: &Run, client: &mut Client) {
    let root = make_target(client);
    client.run("CREATE EXTENSION IF NOT EXISTS pg_walinspect").ok("pg_walinspect");
    let call = "SELECT * FROM cutover.sync_phase('p')";
    let truncate = "BEGIN; TRUNCATE target; INSERT INTO target SELECT * FROM copied; COMMIT";
    let delete = "BEGIN; DELETE FROM target; INSERT INTO target SELECT * FROM copied; COMMIT";
    let names = [
        "sync_phase: first load",
        "sync_phase: nothing changed",
        "sync_phase: 1 % changed",
        "TRUNCATE + INSERT of everything (rows already staged)",
        "DELETE + INSERT of everything (rows already staged)",
    ];
    let mut seconds = vec![Vec::new(); names.len()];
    let mut wal = vec![Vec::new(); names.len()];
    let mut records = 0;
    for _ in 0..run.rounds {
        client.run("TRUNCATE target; ANALYZE target").ok("empty");
        let steps = [
            (call, Some(&run.files.rows)),
            (call, None),
            (call, Some(&run.files.changed)),
            (truncate, None),
            (delete, None),
        ];
        for (i, (sql, file)) in steps.into_iter().enumerate() {
            if let Some(file) = file {
                make_current(&root, file);
            }
            let start = one(client, "SELECT pg_current_wal_insert_lsn()");
            seconds[i].push(time(client, sql));
            wal[i].push(
                one(client, &format!("SELECT pg_current_wal_insert_lsn() - '{start}'"))
                    .parse()
                    .expect("bytes"),
            );
            if i == 1 {
                records += wal_records(client, &start);
            }
        }
    }
    let lines: Vec<Line> = names
        .iter()
        .zip(seconds.into_iter().zip(wal))
        .map(|(what, (s, w))| Line::of(what, s, Some(w)))
        .collect();
    print("sync_phase with replace into a table with a primary key", &lines);
    println!(
        "  WAL records for the target, its index or its TOAST table while nothing changed: {records} (to reach: 0)"
    );
}

/// WAL records since `start` that name the target or what belongs to it.
fn wal_records(client: &mut Client, start: &str) -> u64 {
    let sql = format!(
        "SELECT count(*) FROM pg_get_wal_records_info('{start}', pg_current_wal_flush_lsn()) w \
         JOIN (SELECT pg_relation_filepath(oid) AS path FROM pg_class WHERE oid = 'target'::regclass \
               OR oid IN (SELECT indexrelid FROM pg_index WHERE indrelid = 'target'::regclass) \
               OR oid = (SELECT reltoastrelid FROM pg_class WHERE oid = 'target'::regclass)) r \
         ON w.block_ref LIKE '%/' || split_part(r.path, '/', 2) || '/' || split_part(r.path, '/', 3) || ' %'"
    );
    one(client, &sql).parse().expect("a count")
}
