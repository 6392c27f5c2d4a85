//! The catalogue of bad input as one table: `data/bad_input.txt` names each row, the SQLSTATE that
//! it must get in both databases, and how it is made. A failure leaves every table as it was.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::panic::catch_unwind;

use cutover_tests::{home, scenario};

/// The catalogue's rows.
const ROWS: std::ops::RangeInclusive<usize> = 1..=42;

/// An entry of the table: `## 5 int64 into int2: 22003`, and its steps.
struct Entry {
    row: usize,
    what: String,
    /// `22003` in both, `23503/787` in each, `works`, or `elsewhere` with the reason below it.
    answer: String,
    steps: String,
}

fn entries(text: &str) -> (String, Vec<Entry>) {
    let mut parts = text.split("\n## ");
    let prelude = parts.next().unwrap_or_default().to_owned();
    let entry = |part: &str| {
        let (head, steps) = part.split_once('\n').unwrap_or((part, ""));
        let (row, rest) = head.split_once(' ').expect("NUMBER WHAT: ANSWER");
        let (what, answer) = rest.rsplit_once(": ").expect("NUMBER WHAT: ANSWER");
        Entry {
            row: row.parse().unwrap_or_else(|_| panic!("no number: {head}")),
            what: what.to_owned(),
            answer: answer.trim().to_owned(),
            steps: steps.to_owned(),
        }
    };
    (prelude, parts.map(entry).collect())
}

/// `fails sync_phase('t')` becomes the step that expects the entry's code in each database.
fn script(prelude: &str, entry: &Entry) -> String {
    let mut text = format!("{prelude}\n");
    let (postgres, sqlite) = entry.answer.split_once('/').unwrap_or((&entry.answer, &entry.answer));
    for line in entry.steps.lines() {
        let Some((verb, call)) = line.split_once(' ').filter(|(verb, _)| verb.starts_with("fails")) else {
            _ = writeln!(text, "{line}");
            continue;
        };
        let verb = verb.replacen("fails", "error", 1);
        let call = if call.starts_with("sql ") { call.to_owned() } else { format!("call {call}") };
        if postgres == sqlite {
            _ = writeln!(text, "{verb} {postgres} {call}");
            continue;
        }
        for (db, code) in [("postgres", postgres), ("sqlite", sqlite)] {
            if code != "-" {
                _ = writeln!(text, "{verb}@{db} {code} {call}");
            }
        }
    }
    text
}

#[test]
fn every_row_of_the_catalogue() {
    let file = home().join("tests/data/bad_input.txt");
    let text = std::fs::read_to_string(&file).expect("the table");
    let (prelude, entries) = entries(&text);
    let mut covered: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    let mut wrong = Vec::new();
    for (number, entry) in entries.iter().enumerate() {
        let told = format!("{}: {}", entry.what, entry.answer);
        covered.entry(entry.row).or_default().push(told.clone());
        if entry.answer == "elsewhere" {
            assert!(!entry.steps.trim().is_empty(), "{told}: say where, or why not");
            continue;
        }
        let script = script(&prelude, entry);
        let name = format!("bad_input_{number}");
        if catch_unwind(|| scenario::script(&name, &script, &file)).is_err() {
            wrong.push(format!("{} {told}", entry.row));
        }
    }
    for (row, told) in &covered {
        println!("{row:>2} {}", told.join("; "));
    }
    let missing: Vec<usize> = ROWS.filter(|row| !covered.contains_key(row)).collect();
    assert!(missing.is_empty(), "rows of the catalogue without an entry: {missing:?}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
