//! A database in which cases are tried: what is done to it, and all that can be seen of it.

use std::fs;

use serde_json::Value;

use crate::place::Place;
use crate::{Db, calls, canonical};

use super::case::{Case, Edit, Step, Table};
use super::oracle::Counts;
use super::restage::Memory;
use super::stub::Stubs;
use super::{Cell, Row, feed, spell};

/// A database in which cases are tried, one after the other.
pub struct Side {
    pub(super) place: Place,
    /// What the oracle says that the syncs so far left.
    pub(super) memory: Memory,
}

/// What a call did, in a form in which both databases must agree.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Seen {
    /// SQLSTATE and message, or None.
    pub error: Option<(String, String)>,
    pub counts: Vec<Counts>,
    pub modes: Vec<String>,
    quarantine: Vec<String>,
    cursors: Vec<Cell>,
    stubs: Stubs,
}

impl Seen {
    /// Whether the call succeeded without a write.
    pub(super) fn writes_nothing(&self) -> bool {
        let still = |c: &Counts| c.inserted + c.updated + c.deleted + c.stubs == 0;
        self.error.is_none() && self.counts.iter().all(still)
    }
}

/// All that a run may change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct State {
    pub tables: Vec<Vec<Row>>,
    pub quarantine: Vec<Vec<String>>,
    pub cursors: Vec<Cell>,
    pub stubs: Stubs,
}

impl Side {
    /// A side for cases; `name` tells its files from those of other tests.
    pub fn new(db: Db, name: &str) -> Side {
        Side { place: Place::new(db, name), memory: Memory::default() }
    }

    /// Empties the database and makes the case's tables and plan.
    pub(super) fn begin(&mut self, case: &Case) {
        self.memory = Memory::none(case);
        self.place.empty();
        self.place.client.run(&spell::ddl(case, self.place.client.db)).ok("tables");
        let plan = self.place.root.join("plan.json");
        fs::write(&plan, spell::plan(case, &self.place.root.display().to_string()).to_string())
            .expect("the plan");
        let (_, answer) = calls::call(&mut self.place.client, &format!("load_plan('{}')", plan.display()));
        answer.ok("load_plan");
    }

    pub(super) fn prepare(&mut self, case: &Case, step: &Step) {
        for (index, (table, source)) in case.tables.iter().zip(&step.sources).enumerate() {
            if !table.planned {
                source.iter().for_each(|row| self.edit(case, &Edit::Insert(index, row.clone())));
                continue;
            }
            let (columns, rows) = spell::file(table, source);
            feed::deliver(table.feed, &mut self.place.client, &self.place.root, &table.name, &columns, &rows);
        }
        step.edits.iter().for_each(|edit| self.edit(case, edit));
    }

    pub(super) fn edit(&mut self, case: &Case, edit: &Edit) {
        // The database may refuse it: then it did not happen.
        self.place.client.run(&spell::edit(case, edit));
    }

    pub(super) fn state(&mut self, case: &Case) -> State {
        State {
            tables: self.tables(case),
            quarantine: self.quarantine(),
            cursors: self.cursors(case),
            stubs: self.stubs(),
        }
    }

    pub(super) fn tables(&mut self, case: &Case) -> Vec<Vec<Row>> {
        case.tables.iter().map(|table| self.rows(table)).collect()
    }

    pub(super) fn stubs(&mut self) -> Stubs {
        let name = if self.place.client.db == Db::Postgres { "cutover.stub" } else { "cutover_stub" };
        let sql = format!("SELECT table_name, row_key, (completed_run IS NOT NULL) = true FROM {name}");
        let rows = self.place.client.run(&sql).ok(&sql);
        let entry = |row: Row| {
            let [table, key, brought] = [0, 1, 2].map(|i: usize| row[i].clone().unwrap_or_default());
            let key: Row = serde_json::from_str(&key).expect("a key is an array of texts");
            ((table, key), ["t", "true", "1"].contains(&brought.as_str()))
        };
        rows.into_iter().map(entry).collect()
    }

    fn rows(&mut self, table: &Table) -> Vec<Row> {
        let names: Vec<&str> = table.columns.iter().map(|c| c.name.as_str()).collect();
        let sql = format!("SELECT {} FROM {}", names.join(", "), table.name);
        let mut rows: Vec<Row> = self.place.client.run(&sql).ok(&sql);
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
    pub(super) fn quarantine(&mut self) -> Vec<Vec<String>> {
        let name =
            if self.place.client.db == Db::Postgres { "cutover.quarantine" } else { "cutover_quarantine" };
        let sql =
            format!("SELECT table_name, row_key, reason, detail, row_data, first_run, last_run FROM {name}");
        let rows = self.place.client.run(&sql).ok(&sql);
        let mut rows: Vec<Vec<String>> = rows
            .into_iter()
            .map(|row| row.into_iter().map(|cell| canonical::json(&cell.unwrap_or_default())).collect())
            .collect();
        rows.sort();
        rows
    }

    /// Where each table's cursor stands.
    pub(super) fn cursors(&mut self, case: &Case) -> Vec<Cell> {
        let name =
            if self.place.client.db == Db::Postgres { "cutover.sync_cursor" } else { "cutover_sync_cursor" };
        let sql = format!("SELECT table_name, cursor_value FROM {name}");
        let rows = self.place.client.run(&sql).ok(&sql);
        let of = |table: &Table| {
            let value = rows.iter().find(|row| row[0].as_ref() == Some(&table.name))?[1].clone();
            let ty = table.columns[table.cursor.as_ref()?.column].ty;
            Some(canonical::value(ty.declared(), &value))
        };
        case.tables.iter().map(of).collect()
    }

    pub(super) fn call(&mut self, case: &Case, call: &str) -> Seen {
        let (value, answer) = calls::call(&mut self.place.client, call);
        let root = self.place.root.display().to_string();
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
        Seen { error, counts, modes, quarantine, cursors: self.cursors(case), stubs: self.stubs() }
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
        let mut of_table = rows.clone().filter(|row| row["write"] != "stub");
        let row = of_table.find(|row| row["table_name"] == table.name.as_str());
        row.and_then(|row| row["mode"].as_str()).unwrap_or_default().to_owned()
    };
    case.tables.iter().map(of).collect()
}

/// The report, by table; each of its rows must balance.
fn counts(case: &Case, report: &Value) -> Vec<Counts> {
    let rows = report.as_array().expect("a report is an array");
    let inserted = |row: &Value| row["inserted"].as_u64().and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
    let of = |table: &Table| {
        let of_table: Vec<&Value> = rows.iter().filter(|r| r["table_name"] == table.name.as_str()).collect();
        let stubs = of_table.iter().filter(|r| r["write"] == "stub").map(|r| inserted(r)).sum();
        let Some(row) = of_table.iter().find(|r| r["write"] != "stub") else {
            return Counts { stubs, ..Counts::default() };
        };
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
            stubs,
        };
        let c = &counts;
        let sum = c.inserted + c.updated + c.unchanged + c.preserved + c.quarantined + c.skipped;
        assert_eq!(c.staged, sum, "a report that does not balance: {row}");
        counts
    };
    case.tables.iter().map(of).collect()
}
