//! The reference's examples are run as they stand, in psql and in sqlite3, and must show what it
//! says they show; every function must have a section with an example for each database.
//!
//! A fenced `sql` block begins with `-- psql` or `-- sqlite3`. All blocks run from top
//! to bottom in one database of each kind, with `/srv/legacy` standing for a folder that holds
//! `export` (the nycflights13 files), `migrations` and `out`. A line `-- fails: 22P04` names the error that a block
//! must end in. A `text` block that follows is what the client showed; spacing does not count.
//! `CUTOVER_BLESS=1 cargo test -p cutover-tests --test reference` writes those blocks anew.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use cutover_tests::client::{Answer, Client};
use cutover_tests::postgres::server;
use cutover_tests::{Db, home};

/// The folder that the examples work in.
const FOLDER: &str = "/srv/legacy";
/// How many blocks of each kind the reference has at least: fewer means that they are not found.
const LEAST: usize = 12;

/// An example of a document.
struct Block {
    db: Db,
    /// Where it begins, counted from 1.
    line: usize,
    sql: String,
    /// The lines, from and up to, that hold what the client shows.
    shown: Option<(usize, usize)>,
}

/// The examples in a document's lines.
fn blocks(lines: &[&str]) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        if lines[at] != "```sql" {
            at += 1;
            continue;
        }
        let end = close(lines, at);
        let db = match lines[at + 1] {
            "-- psql" => Db::Postgres,
            "-- sqlite3" => Db::Sqlite,
            other => panic!("line {}: {other:?} should be \"-- psql\" or \"-- sqlite3\"", at + 2),
        };
        let next = (end + 1..lines.len()).find(|i| !lines[*i].is_empty());
        let shown = next.filter(|i| lines[*i] == "```text").map(|i| (i + 1, close(lines, i)));
        blocks.push(Block { db, line: at + 1, sql: lines[at + 2..end].join("\n"), shown });
        at = shown.map_or(end, |(_, end)| end) + 1;
    }
    blocks
}

/// The line that closes the fence at `open`.
fn close(lines: &[&str], open: usize) -> usize {
    let end = (open + 1..lines.len()).find(|i| lines[*i] == "```");
    end.unwrap_or_else(|| panic!("line {}: a fence that is never closed", open + 1))
}

/// A fresh folder with the files that the examples read.
fn folder(name: &str) -> PathBuf {
    let root = server().files.join(name);
    let _ = fs::remove_dir_all(&root);
    for part in ["export", "migrations", "out"] {
        let path = root.join(part);
        fs::create_dir_all(&path).expect("a folder");
        // The server, which runs as another user, writes to it.
        fs::set_permissions(&path, fs::Permissions::from_mode(0o777)).expect("its mode can be set");
    }
    for (from, to) in [("nycflights13", "export"), ("migrations", "migrations")] {
        for file in fs::read_dir(home().join("tests/data").join(from)).expect("the example files") {
            let file = file.expect("a file").path();
            let name = file.file_name().expect("a name");
            fs::copy(&file, root.join(to).join(name)).expect("a copy");
        }
    }
    root
}

/// A client that shows rows as its user sees them: as a table with column names.
fn client(db: Db, name: &str, root: &Path, makes_extension: bool) -> Client {
    match db {
        Db::Postgres => {
            server().new_database(name);
            let mut client = Client::postgres(name);
            if makes_extension {
                client.run("DROP EXTENSION cutover").ok("drop");
            }
            client.run("\\pset format aligned\n\\pset tuples_only off\n\\pset footer off\n\\pset null ''");
            client
        }
        Db::Sqlite => {
            let mut client = Client::sqlite(&root.join("database.sqlite"));
            client.run(".mode column --wrap 0\n.headers on\n.nullvalue \"\"");
            client
        }
    }
}

/// An example as the client gets it.
fn runnable(block: &Block, root: &Path) -> String {
    let extension = home().join("dist/sqlite/cutover");
    let line = |line: &str| match line.strip_prefix(".load ") {
        Some(_) => format!(".load {}", extension.display()),
        None => line.replace(FOLDER, &root.display().to_string()),
    };
    block.sql.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// What a client showed: rows, notices and the error, if there was one.
fn shown(answer: &Answer, root: &Path) -> Vec<String> {
    let mut text = String::new();
    for notice in ["INFO", "WARNING"] {
        for line in answer.said.lines().filter_map(|line| line.strip_prefix(&format!("{notice}:  "))) {
            let message = line.split_once(": ").map_or(line, |(_, message)| message);
            text += &format!("{notice}: {message}\n");
        }
    }
    for row in &answer.rows {
        let cells: Vec<&str> = row.iter().map(|cell| cell.as_deref().unwrap_or_default()).collect();
        text += &(cells.join(" | ") + "\n");
    }
    if let Some(error) = &answer.error {
        text += &format!("{}: {}\n", error.code, error.text);
    }
    let text = text.replace(&root.display().to_string(), FOLDER);
    text.lines().map(|line| line.trim_end().to_owned()).filter(|line| !line.is_empty()).collect()
}

/// Lines without their spacing and without rules.
fn plain<'a>(lines: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let joined = lines.into_iter().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    joined.filter(|line| !line.chars().all(|c| "-+ ".contains(c))).collect()
}

/// Runs all examples of a document, and compares (or blesses) what they show.
fn run(document: &str, name: &str) {
    let path = home().join(document);
    let text = fs::read_to_string(&path).expect("the document can be read");
    let lines: Vec<&str> = text.lines().collect();
    let blocks = blocks(&lines);
    let mut seen: Vec<Option<Vec<String>>> = Vec::new();
    seen.resize_with(blocks.len(), || None);
    let mut wrong = Vec::new();
    for db in [Db::Postgres, Db::Sqlite] {
        if !blocks.iter().any(|block| block.db == db) {
            continue;
        }
        let name = format!("{name}-{}", db.name());
        let root = folder(&name);
        let makes_extension = blocks.iter().any(|b| b.sql.contains("CREATE EXTENSION"));
        let mut client = client(db, &name, &root, makes_extension);
        for (block, seen) in blocks.iter().zip(&mut seen).filter(|(block, _)| block.db == db) {
            let place = format!("{document} line {} ({})", block.line, db.name());
            let answer = client.run(&runnable(block, &root));
            let wanted = block.sql.lines().find_map(|line| line.strip_prefix("-- fails: "));
            let code = answer.error.as_ref().map(|error| error.code.as_str());
            if code != wanted {
                wrong.push(format!("{place}: expected {wanted:?}, got {code:?}\n{}", answer.said));
            }
            let found = shown(&answer, &root);
            if let Some((from, to)) = block.shown {
                let expected = plain(lines[from..to].iter().copied());
                if expected != plain(found.iter().map(String::as_str)) {
                    wrong.push(format!("{place}: shows\n{}", found.join("\n")));
                }
            }
            *seen = Some(found);
        }
    }
    if std::env::var_os("CUTOVER_BLESS").is_some() && !blocks.is_empty() {
        bless(&path, &lines, &blocks, &seen);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Writes what the examples showed into the document.
fn bless(path: &Path, lines: &[&str], blocks: &[Block], seen: &[Option<Vec<String>>]) {
    let mut text: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
    for (block, seen) in blocks.iter().zip(seen).rev() {
        if let (Some((from, to)), Some(seen)) = (block.shown, seen) {
            text.splice(from..to, seen.iter().cloned());
        }
    }
    fs::write(path, text.join("\n") + "\n").expect("the document can be written");
}

#[test]
fn examples_of_the_reference() {
    run("sql/REFERENCE.md", "reference");
}

/// The functions of a surface that are called, by their common names.
fn functions(file: &str) -> BTreeSet<String> {
    let surface = fs::read_to_string(home().join("tests/data").join(file)).expect("the surface");
    let names = surface.lines().filter_map(|line| line.strip_prefix("function "));
    names
        .filter(|rest| !rest.contains("-> trigger"))
        .map(|rest| rest.split(['(', ' ']).next().unwrap_or_default())
        .map(|name| if name == "cutover_version" { "version" } else { name }.to_owned())
        .collect()
}

#[test]
fn every_function_has_a_section_and_an_example_for_each_database() {
    let text = fs::read_to_string(home().join("sql/REFERENCE.md")).expect("sql/REFERENCE.md");
    let lines: Vec<&str> = text.lines().collect();
    let functions = functions("surface.postgres.txt");
    assert_eq!(functions, self::functions("surface.sqlite.txt"), "functions of the two databases");
    for function in &functions {
        let heading = format!("### {function}");
        let from = lines.iter().position(|line| *line == heading);
        let from = from.unwrap_or_else(|| panic!("there is no section {heading:?}"));
        let is_heading = |line: &&str| line.starts_with("## ") || line.starts_with("### ");
        let length = lines[from + 1..].iter().position(is_heading);
        let section = &lines[from..length.map_or(lines.len(), |length| from + 1 + length)];
        let examples = blocks(section);
        for (db, call) in [
            (Db::Postgres, format!("cutover.{function}(")),
            (
                Db::Sqlite,
                if function == "version" { "cutover_version(".into() } else { format!("{function}(") },
            ),
        ] {
            let of_db: Vec<&Block> = examples.iter().filter(|b| b.db == db).collect();
            assert_eq!(of_db.len(), 1, "{heading}: examples for {}", db.name());
            assert!(of_db[0].sql.contains(&call), "{heading}: the example for {} is of another", db.name());
        }
    }
    let all = blocks(&lines);
    for db in [Db::Postgres, Db::Sqlite] {
        assert!(all.iter().filter(|b| b.db == db).count() >= LEAST, "too few examples for {}", db.name());
    }
}
