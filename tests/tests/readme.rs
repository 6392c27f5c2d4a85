//! The README's examples, run as they stand: every block of SQL, in its order, on its database.

use std::fs;

use cutover_tests::client::Client;
use cutover_tests::home;
use cutover_tests::postgres::server;

/// The blocks whose first line is `-- psql` or `-- sqlite3`, with the example's folder put right.
fn blocks(client: &str, exports: &str) -> Vec<String> {
    let readme = fs::read_to_string(home().join("README.md")).expect("README.md can be read");
    let mine = format!("-- {client}\n");
    readme
        .split("```sql\n")
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .filter(|block| block.starts_with(&mine))
        .map(|block| block.replace("/srv/legacy/export", exports))
        .collect()
}

fn run(mut client: Client, name: &str) {
    let exports = server().files.join(format!("readme-{name}"));
    fs::create_dir_all(&exports).expect("a folder");
    for file in ["airlines.parquet", "planes.parquet"] {
        fs::copy(home().join("tests/data/nycflights13").join(file), exports.join(file)).expect("a copy");
    }
    let blocks = blocks(name, &exports.display().to_string());
    assert!(blocks.len() >= 2, "the README shows the first steps in {name}");
    for block in &blocks {
        client.run(block).ok(block);
    }
    let rows = client
        .run("SELECT (SELECT count(*) FROM airlines), (SELECT count(*) FROM planes WHERE imported)")
        .ok("counts");
    assert_eq!(rows, [[Some("16".to_owned()), Some("3322".to_owned())]]);
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
