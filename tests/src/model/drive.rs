//! Does a case on both databases, and compares each step with the oracle and the two with each other.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::client::Client;
use crate::postgres::server;
use crate::{Db, calls, canonical};

use super::case::{Case, Step, Table};
use super::oracle::{self, Counts, Done, Faults};
use super::restage::Memory;
use super::{Cell, Row, feed, spell};

/// What the cases of a run came to: how often each outcome was seen.
pub type Tally = BTreeMap<String, usize>;

/// A database in which cases are tried, one after the other.
pub struct Side {
    client: Client,
    root: PathBuf,
    /// What the oracle says that the syncs so far left.
    memory: Memory,
}

/// What a call did, in a form in which both databases must agree.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    /// SQLSTATE and message, or None.
    error: Option<(String, String)>,
    counts: Vec<Counts>,
    modes: Vec<String>,
    quarantine: Vec<String>,
    cursors: Vec<Cell>,
}

impl Side {
    /// A side for cases; `name` tells its files from those of other tests.
    pub fn new(db: Db, name: &str) -> Side {
        let root = server().files.join(format!("{name}-{}", db.name()));
        let _ = fs::remove_dir_all(&root);
        fs::create_dir_all(&root).expect("a folder for files");
        let client = match db {
            Db::Postgres => {
                server().new_database(name);
                Client::postgres(name)
            }
            Db::Sqlite => Client::sqlite(&root.join("database.sqlite")),
        };
        Side { client, root, memory: Memory::default() }
    }

    /// Empties the database and makes the case's tables and plan.
    fn begin(&mut self, case: &Case) {
        self.memory = Memory::none(case);
        match self.client.db {
            Db::Postgres => {
                let sql = "SET client_min_messages = error; DROP SCHEMA public CASCADE; CREATE SCHEMA public; \
                           DROP EXTENSION cutover CASCADE; CREATE EXTENSION cutover; RESET client_min_messages;";
                self.client.run(sql).ok(sql);
            }
            Db::Sqlite => {
                let file = self.root.join("database.sqlite");
                let _ = fs::remove_file(&file);
                self.client = Client::sqlite(&file);
                self.client.run("PRAGMA synchronous = off").ok("synchronous");
            }
        }
        self.client.run(&spell::ddl(case, self.client.db)).ok("tables");
        let plan = self.root.join("plan.json");
        fs::write(&plan, spell::plan(case, &self.root.display().to_string()).to_string()).expect("the plan");
        let (_, answer) = calls::call(&mut self.client, &format!("load_plan('{}')", plan.display()));
        answer.ok("load_plan");
    }

    fn prepare(&mut self, case: &Case, step: &Step) {
        for (table, source) in case.tables.iter().zip(&step.sources) {
            let (columns, rows) = spell::file(table, source);
            feed::deliver(table.feed, &mut self.client, &self.root, &table.name, &columns, &rows);
        }
        for edit in &step.edits {
            // The database may refuse it: then it did not happen.
            self.client.run(&spell::edit(case, edit));
        }
    }

    fn state(&mut self, case: &Case) -> Vec<Vec<Row>> {
        case.tables.iter().map(|table| self.rows(table)).collect()
    }

    fn rows(&mut self, table: &Table) -> Vec<Row> {
        let names: Vec<&str> = table.columns.iter().map(|c| c.name.as_str()).collect();
        let sql = format!("SELECT {} FROM {}", names.join(", "), table.name);
        let mut rows: Vec<Row> = self.client.run(&sql).ok(&sql);
        for row in &mut rows {
            for (cell, column) in row.iter_mut().zip(&table.columns) {
                if cell.is_some() {
                    *cell = Some(canonical::value(column.ty.declared(), cell));
                }
            }
        }
        rows.sort();
        rows
    }

    /// The quarantine's entries: table, key, reason, detail, row.
    fn quarantine(&mut self) -> Vec<Vec<String>> {
        let name = if self.client.db == Db::Postgres { "cutover.quarantine" } else { "cutover_quarantine" };
        let sql =
            format!("SELECT table_name, row_key, reason, detail, row_data, first_run, last_run FROM {name}");
        let rows = self.client.run(&sql).ok(&sql);
        let mut rows: Vec<Vec<String>> = rows
            .into_iter()
            .map(|row| row.into_iter().map(|cell| canonical::json(&cell.unwrap_or_default())).collect())
            .collect();
        rows.sort();
        rows
    }

    /// Where each table's cursor stands.
    fn cursors(&mut self, case: &Case) -> Vec<Cell> {
        let name = if self.client.db == Db::Postgres { "cutover.sync_cursor" } else { "cutover_sync_cursor" };
        let sql = format!("SELECT table_name, cursor_value FROM {name}");
        let rows = self.client.run(&sql).ok(&sql);
        let of = |table: &Table| {
            let value = rows.iter().find(|row| row[0].as_ref() == Some(&table.name))?[1].clone();
            let ty = table.columns[table.cursor.as_ref()?.column].ty;
            Some(canonical::value(ty.declared(), &value))
        };
        case.tables.iter().map(of).collect()
    }

    fn call(&mut self, case: &Case, arguments: &str) -> Seen {
        let (value, answer) = calls::call(&mut self.client, &format!("sync_phase({arguments})"));
        let root = self.root.display().to_string();
        let error = answer.error.map(|e| (e.code, fractions(&canonical::message(&e.text, &root))));
        let counts = if error.is_some() { Vec::new() } else { counts(case, &value) };
        let modes = if error.is_some() { Vec::new() } else { modes(case, &value) };
        // Runs that were rolled back leave gaps in one database's numbers.
        let mut entries = self.quarantine();
        for table in &case.tables {
            let own = entries.iter_mut().filter(|entry| entry[0] == table.name);
            own.for_each(|entry| entry[4] = feed::entry(table.feed, &entry[4]));
        }
        let mut quarantine: Vec<String> =
            entries.iter().map(|row| fractions(&row[..5].join(" | "))).collect();
        quarantine.sort();
        Seen { error, counts, modes, quarantine, cursors: self.cursors(case) }
    }
}

/// Without the zeros at the end of fractions: each database shows its own (`10.50`, `10.5`).
fn fractions(text: &str) -> String {
    let mut parts = text.split('.');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.bytes().take_while(u8::is_ascii_digit).count();
        let (fraction, rest) = part.split_at(digits);
        let fraction = fraction.trim_end_matches('0');
        if digits == 0 || !fraction.is_empty() {
            plain.push('.');
        }
        plain.push_str(fraction);
        plain.push_str(rest);
    }
    plain
}

/// How the report says that each table was read; nothing for one that it leaves out.
fn modes(case: &Case, report: &Value) -> Vec<String> {
    let rows = report.as_array().into_iter().flatten();
    let of = |table: &Table| {
        let row = rows.clone().find(|row| row["table_name"] == table.name.as_str());
        row.and_then(|row| row["mode"].as_str()).unwrap_or_default().to_owned()
    };
    case.tables.iter().map(of).collect()
}

/// The report, by table; each of its rows must balance.
fn counts(case: &Case, report: &Value) -> Vec<Counts> {
    let rows = report.as_array().expect("a report is an array");
    let of = |table: &Table| {
        let row = rows.iter().find(|r| r["table_name"] == table.name.as_str());
        let Some(row) = row else { return Counts::default() };
        let count = |name: &str| {
            let count = row[name].as_u64().unwrap_or_else(|| panic!("{name} of {row}"));
            usize::try_from(count).expect("a small number")
        };
        let counts = Counts {
            staged: count("staged"),
            inserted: count("inserted"),
            updated: count("updated"),
            unchanged: count("unchanged"),
            deleted: count("deleted"),
            preserved: count("preserved"),
            quarantined: count("quarantined"),
            skipped: count("skipped"),
        };
        let c = &counts;
        let sum = c.inserted + c.updated + c.unchanged + c.preserved + c.quarantined + c.skipped;
        assert_eq!(c.staged, sum, "a report that does not balance: {row}");
        counts
    };
    case.tables.iter().map(of).collect()
}

/// Tries a case on all sides. Errors: what differs, with the case for a reader.
pub fn attempt(case: &Case, sides: &mut [Side], tally: &mut Tally) -> Result<(), String> {
    for side in &mut *sides {
        side.begin(case);
    }
    for (number, step) in case.steps.iter().enumerate() {
        let mut seen: Vec<Vec<Seen>> = Vec::new();
        let mut states: Vec<Vec<Vec<Row>>> = Vec::new();
        for side in &mut *sides {
            side.prepare(case, step);
            states.push(without_made_keys(case, side.state(case)));
        }
        // A delete that one foreign key spreads and another forbids is refused by PostgreSQL alone.
        if states.windows(2).any(|pair| pair[0] != pair[1]) {
            *tally.entry("edits that only one database takes".to_owned()).or_default() += 1;
            return Ok(());
        }
        for side in &mut *sides {
            let first = seen.is_empty();
            let told = check_step(case, step, side, first.then_some(&mut *tally));
            let told = told.map_err(|e| {
                let name = side.client.db.name();
                format!("{name}, step {}: {e}\n\n{}", number + 1, spell::describe(case, number))
            })?;
            seen.push(told);
        }
        if let [left, right] = &seen[..]
            && left != right
        {
            return Err(format!(
                "step {}: the databases differ\nPostgreSQL {left:#?}\nSQLite {right:#?}\n\n{}",
                number + 1,
                spell::describe(case, number)
            ));
        }
    }
    Ok(())
}

/// The rows of tables, without the keys that the databases made.
fn without_made_keys(case: &Case, mut state: Vec<Vec<Row>>) -> Vec<Vec<Row>> {
    for (table, rows) in case.tables.iter().zip(&mut state).filter(|(table, _)| table.generated) {
        rows.iter_mut().for_each(|row| row[table.key[0]] = None);
        rows.sort();
    }
    state
}

/// Does a step's calls on one side and compares them with the oracle.
fn check_step(
    case: &Case,
    step: &Step,
    side: &mut Side,
    tally: Option<&mut Tally>,
) -> Result<Vec<Seen>, String> {
    let before = side.state(case);
    let quarantined = side.quarantine();
    let expected = oracle::run(case, step, &before, &side.memory);
    let arguments = spell::arguments(case, step);
    let mut told = Vec::new();
    for (asked, extra) in [(step.dry_run, ", dry_run => true"), (step.rehearse, ", rehearse => true")] {
        if asked {
            let seen = side.call(case, &format!("{arguments}{extra}"));
            same_outcome(&expected, &seen).map_err(|e| format!("with{extra}: {e}"))?;
            untouched(case, side, &before, &quarantined).map_err(|e| format!("with{extra}: {e}"))?;
            told.push(seen);
        }
    }
    let seen = side.call(case, &arguments);
    if let Some(tally) = tally {
        let outcome = seen.error.as_ref().map_or("ok", |(code, _)| code);
        *tally.entry(outcome.to_owned()).or_default() += 1;
        let parts = seen.modes.iter().filter(|mode| *mode == "incremental").count();
        *tally.entry("tables read in part".to_owned()).or_default() += parts;
    }
    same_outcome(&expected, &seen)?;
    let Ok(done) = &expected else {
        untouched(case, side, &before, &quarantined)?;
        told.push(seen);
        return Ok(told);
    };
    same_rows(case, side, done)?;
    side.memory = done.memory.clone();
    told.push(seen);
    // The same again writes nothing, and leaves the quarantine as it is.
    let quarantined = side.quarantine();
    let state = side.state(case);
    let again = side.call(case, &arguments);
    let quiet = again.error.is_none() && again.counts.iter().all(|c| c.inserted + c.updated + c.deleted == 0);
    if !quiet {
        return Err(format!("a rerun is not quiet: {again:#?}\nafter {:#?}", done.counts));
    }
    // It may read less than the first: its cursors have moved.
    let expected = oracle::run(case, step, &state, &side.memory);
    same_outcome(&expected, &again).map_err(|e| format!("a rerun: {e}"))?;
    untouched(case, side, &state, &quarantined).map_err(|e| format!("a rerun: {e}"))?;
    told.push(again);
    Ok(told)
}

fn same_outcome(expected: &Result<Done, Faults>, seen: &Seen) -> Result<(), String> {
    match (expected, &seen.error) {
        (Ok(done), None) if done.counts == seen.counts && done.modes == seen.modes => Ok(()),
        (Ok(done), None) if done.modes != seen.modes => {
            Err(format!("modes: expected {:?}, found {:?}", done.modes, seen.modes))
        }
        (Ok(done), None) => Err(format!("counts: expected {:#?}\nfound {:#?}", done.counts, seen.counts)),
        (Err(faults), Some((code, _))) if faults.contains(code.as_str()) => Ok(()),
        (Ok(_), Some((code, text))) => Err(format!("expected success, found {code}: {text}")),
        (Err(faults), found) => Err(format!("expected one of {faults:?}, found {found:?} {:?}", seen.counts)),
    }
}

/// The tables and the quarantine are what the oracle says.
fn same_rows(case: &Case, side: &mut Side, done: &Done) -> Result<(), String> {
    let mut state = side.state(case);
    for ((table, expected), found) in case.tables.iter().zip(&done.tables).zip(&mut state) {
        // The oracle does not know the keys that a database makes, which may be those of rows that
        // are gone; a key that was to stay is one of its rows.
        for row in found.iter_mut().filter(|row| table.generated && !expected.contains(row)) {
            row[table.key[0]] = None;
        }
        found.sort();
    }
    for ((table, expected), found) in case.tables.iter().zip(&done.tables).zip(&state) {
        if expected != found {
            return Err(format!(
                "rows of {}: expected {}\nfound {}",
                table.name,
                show(expected),
                show(found)
            ));
        }
    }
    let cursors = side.cursors(case);
    if cursors != done.memory.cursors {
        return Err(format!("cursors: expected {:?}, found {cursors:?}", done.memory.cursors));
    }
    let keyless: Vec<&str> =
        case.tables.iter().filter(|t| t.identity().is_empty()).map(|t| t.name.as_str()).collect();
    let mut found: Vec<String> = side
        .quarantine()
        .iter()
        .map(|row| {
            // Rows of one key are numbered; a row without a key stands for itself.
            let key = row[1].rsplit_once("]#").map_or(row[1].clone(), |(key, _)| format!("{key}]"));
            let key = if keyless.contains(&row[0].as_str()) { "[]".to_owned() } else { key };
            format!("{} | {key} | {}", row[0], row[2])
        })
        .collect();
    let expected = done.quarantine.iter().map(|(table, key, reason)| {
        format!("{table} | {} | {reason}", canonical::json(&serde_json::json!(key).to_string()))
    });
    let mut expected: Vec<String> = expected.collect();
    expected.sort();
    found.sort();
    if expected != found {
        return Err(format!("quarantine: expected {expected:#?}\nfound {found:#?}"));
    }
    Ok(())
}

fn untouched(
    case: &Case,
    side: &mut Side,
    before: &[Vec<Row>],
    quarantined: &[Vec<String>],
) -> Result<(), String> {
    if side.state(case) != before {
        return Err("it changed a table".to_owned());
    }
    if side.quarantine() != quarantined {
        return Err("it changed the quarantine".to_owned());
    }
    if side.cursors(case) != side.memory.cursors {
        return Err("it moved a cursor".to_owned());
    }
    Ok(())
}

fn show(rows: &[Row]) -> String {
    let line = |row: &Row| {
        let cells: Vec<&str> = row.iter().map(|c| c.as_deref().unwrap_or(canonical::NULL)).collect();
        format!("\n  {}", cells.join(" | "))
    };
    rows.iter().map(line).collect()
}
