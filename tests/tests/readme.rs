//! The README's examples, run as they stand: every block of SQL, in its order, on its database.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use cutover_tests::client::Client;
use cutover_tests::postgres::server;
use cutover_tests::{files, home};

/// The blocks of a language, with the example's folder put right.
fn blocks(language: &str, exports: &Path) -> Vec<String> {
    let readme = fs::read_to_string(home().join("README.md")).expect("README.md can be read");
    readme
        .split(&format!("```{language}\n"))
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .map(|block| block.replace("/srv/legacy/export", &exports.display().to_string()))
        .collect()
}

/// What the old system exports: it does so again before every block, as its files must be newer than a freeze.
fn export(exports: &Path) {
    for file in ["airlines.parquet", "planes.parquet"] {
        fs::copy(home().join("tests/data/nycflights13").join(file), exports.join(file)).expect("a copy");
    }
    let rows = |count: usize, row: &dyn Fn(usize) -> String| (1..=count).map(row).collect::<Vec<_>>();
    let clients = rows(5, &|i| format!("c{i} | Client {i}"));
    files::write(&exports.join("clients.parquet"), "id text, name text", &clients);
    let jobs = rows(20, &|i| format!("j{i} | c{} | Active", i % 5 + 1));
    files::write(&exports.join("jobs.parquet"), "id text, client text, status text", &jobs);
}

fn run(mut client: Client, name: &str) {
    let exports = server().files.join(format!("readme-{name}"));
    fs::create_dir_all(exports.join("writeback")).expect("a folder");
    fs::set_permissions(exports.join("writeback"), fs::Permissions::from_mode(0o777)).expect("its mode");
    let plan = blocks("json", &exports).pop().expect("the README shows a plan");
    fs::write(exports.join("plan.json"), plan).expect("the plan can be written");
    let mine = format!("-- {name}\n");
    let all = blocks("sql", &exports);
    assert!(
        all.iter().all(|b| b.starts_with("-- psql\n") || b.starts_with("-- sqlite3\n")),
        "whose is a block?"
    );
    let blocks: Vec<_> = all.into_iter().filter(|b| b.starts_with(&mine)).collect();
    assert!(blocks.len() >= 3, "the README shows the first steps and a cutover in {name}");
    for block in &blocks {
        export(&exports);
        client.run(block).ok(block);
    }
    let rows = client
        .run("SELECT (SELECT count(*) FROM airlines), (SELECT count(*) FROM planes WHERE imported)")
        .ok("counts");
    assert_eq!(rows, [[Some("16".to_owned()), Some("3322".to_owned())]]);
    let status = if name == "psql" { "cutover.phase_status" } else { "cutover_phase_status" };
    let rows = client.run(&format!("SELECT authority, pending_changes FROM {status}")).ok("authority");
    assert_eq!(rows, [[Some("local".to_owned()), Some("0".to_owned())]]);
}

#[test]
fn readme_in_psql() {
    server().new_database("readme");
    run(Client::postgres("readme"), "psql");
}

#[test]
fn readme_in_sqlite3() {
    let folder = server().files.join("readme");
    fs::create_dir_all(&folder).expect("a folder");
    run(Client::sqlite(&folder.join("database.sqlite")), "sqlite3");
}
