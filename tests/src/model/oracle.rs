//! What a run must do, said plainly: rows in memory, one rule after the other, no thought of speed.
//!
//! It is written from the rules as the documents state them, not from the engine. Where several
//! faults of one stage are in the input, either may be the one that is reported.

use std::collections::BTreeSet;

use super::case::{Case, IMPORTED, Step, Table};
use super::compare::compare;
use super::loss::{children, losses, retain};
use super::restage::{self, Memory};
use super::rules::{conflicts, differ_locally, duplicates, refer, too_many};
use super::{Cell, Row, cursor, lookup, reach, stub};

/// The counts of a report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub staged: usize,
    pub inserted: usize,
    pub updated: usize,
    pub unchanged: usize,
    pub deleted: usize,
    pub preserved: usize,
    pub quarantined: usize,
    pub skipped: usize,
    /// Stubs made in the table.
    pub stubs: usize,
}

/// What a run that succeeds leaves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Done {
    /// The rows of each table, sorted.
    pub tables: Vec<Vec<Row>>,
    pub counts: Vec<Counts>,
    /// How each table was read; nothing for one that was not.
    pub modes: Vec<&'static str>,
    pub memory: Memory,
    /// Table, key, reason.
    pub quarantine: Vec<(String, Row, &'static str)>,
    /// The features that it shows.
    pub reached: Vec<&'static str>,
}

/// The SQLSTATEs that a run may fail with.
pub type Faults = BTreeSet<&'static str>;

/// A table under way.
pub(super) struct Work<'a> {
    pub table: &'a Table,
    /// Whether the call leaves the table alone.
    pub idle: bool,
    pub target: &'a [Row],
    /// All rows of the run, in their order.
    pub staged: Vec<Row>,
    pub passed: Vec<Row>,
    pub refused: Vec<(Row, &'static str)>,
    pub counts: Counts,
    /// The rows that the table will have, and of its old ones those that will be gone.
    pub after: Vec<Row>,
    pub gone: Vec<Row>,
    /// Old rows that were to go and stay, because others refer to them.
    pub kept: Vec<Row>,
    /// Keys of rows that the table has as stubs, and of those that it needs as stubs.
    pub open: BTreeSet<Row>,
    pub needed: BTreeSet<Row>,
}

/// The outcome of a sync. `state` holds each table's rows, `memory` what earlier syncs left.
pub fn run(case: &Case, step: &Step, state: &[Vec<Row>], memory: &Memory) -> Result<Done, Faults> {
    let mut faults = Faults::new();
    let reads = cursor::read_all(case, step, memory, &mut faults);
    if faults.contains("22023") {
        return Err(Faults::from(["22023"]));
    }
    let mut works: Vec<Work<'_>> = Vec::new();
    for (((table, read), refused), target) in case.tables.iter().zip(&reads).zip(&memory.refused).zip(state) {
        let staged = restage::staged(table, read, refused);
        let mut work = load(table, &staged, target, &mut faults);
        work.idle = read.mode.is_empty();
        work.counts.staged += read.excluded;
        work.counts.skipped += read.excluded;
        work.open = stub::open(&work, &memory.stubs);
        works.push(work);
    }
    settle(&faults)?;
    lookup::make(&mut works, &mut faults);
    settle(&faults)?;
    for work in &mut works {
        duplicates(work, &mut faults);
    }
    settle(&faults)?;
    pass(&mut works, &mut faults)?;
    for work in &mut works {
        differ_locally(work, &mut faults);
    }
    works.iter().for_each(|work| too_many(work, &mut faults));
    settle(&faults)?;
    loop {
        works.iter_mut().for_each(|work| work.kept.clear());
        works.iter_mut().for_each(compare);
        works.iter_mut().for_each(stub::insert);
        retain(&mut works);
        // A row that stays after all may hold a value that a staged row was to have.
        if !works.iter_mut().fold(false, |again, work| again | conflicts(work, &mut faults)) {
            break;
        }
        works.iter_mut().for_each(|work| work.kept.clear());
        pass(&mut works, &mut faults)?;
    }
    settle(&faults)?;
    for work in &works {
        losses(work, step, &mut faults);
    }
    let spread = children(&mut works, step, &mut faults);
    settle(&faults)?;
    let mut done = Done { reached: reach::reached(case, step, &works, &reads, spread), ..Done::default() };
    done.memory.stubs = stub::list(&works, &memory.stubs);
    for ((work, read), before) in works.into_iter().zip(reads).zip(&memory.refused) {
        let refused = restage::refused(&work, read.mode, before);
        let mut rows = work.after;
        rows.sort();
        done.tables.push(rows);
        done.counts.push(work.counts);
        for (row, reason) in &refused {
            let key = Table::take(row, &work.table.identity());
            done.quarantine.push((work.table.name.clone(), key, *reason));
        }
        done.modes.push(read.mode);
        done.memory.cursors.push(read.cursor);
        done.memory.refused.push(refused);
    }
    done.quarantine.sort();
    Ok(done)
}

/// Takes out what refers to nothing or shares a unique value, until that is nothing more.
fn pass(works: &mut [Work<'_>], faults: &mut Faults) -> Result<(), Faults> {
    loop {
        while refer(works, faults) {}
        if !works.iter_mut().fold(false, |again, work| again | conflicts(work, faults)) {
            break;
        }
    }
    settle(faults)?;
    works.iter().for_each(|work| too_many(work, faults));
    settle(faults)
}

fn settle(faults: &Faults) -> Result<(), Faults> {
    if faults.is_empty() { Ok(()) } else { Err(faults.clone()) }
}

/// Whether a row counts as imported by its origin.
pub(super) fn imported(table: &Table, row: &Row) -> bool {
    let Some(origin) = &table.origin else { return true };
    match row[origin.column].as_deref() {
        Some(value) => value == IMPORTED,
        None => origin.null_is_imported,
    }
}

/// Whether a row is local and stays so.
pub(super) fn protected(table: &Table, row: &Row) -> bool {
    table.keep_local && !imported(table, row)
}

fn load<'a>(table: &'a Table, source: &[Row], target: &'a [Row], faults: &mut Faults) -> Work<'a> {
    let mut passed = Vec::new();
    let mut refused = Vec::new();
    for row in source {
        let mut row = row.clone();
        if let Some(origin) = table.origin.as_ref().filter(|o| !o.from_source) {
            row[origin.column] = Some(IMPORTED.to_owned());
        }
        let mut reason = None;
        for i in table.in_file() {
            let Some(code) = misfit(table, i, &row[i]) else { continue };
            let (policy, name) = if row[i].is_none() && !table.generated && table.key.contains(&i) {
                (table.on_null_key, "null_key")
            } else {
                (table.on_bad_value, "bad_value")
            };
            if policy == "error" {
                faults.insert(code);
            }
            reason = Some(name);
        }
        match reason {
            None => passed.push(row),
            Some(reason) => refused.push((row, reason)),
        }
    }
    let counts = Counts { staged: source.len(), ..Counts::default() };
    Work {
        table,
        idle: false,
        target,
        staged: source.to_vec(),
        passed,
        refused,
        counts,
        after: Vec::new(),
        gone: Vec::new(),
        kept: Vec::new(),
        open: BTreeSet::new(),
        needed: BTreeSet::new(),
    }
}

/// Why a value cannot be in a column.
pub(super) fn misfit(table: &Table, column: usize, cell: &Cell) -> Option<&'static str> {
    match cell {
        None => table.columns[column].not_null.then_some("23502"),
        Some(_) => table.unfit(column, cell),
    }
}

impl Work<'_> {
    pub(super) fn identity(&self, row: &Row) -> Row {
        Table::take(row, &self.table.identity())
    }

    /// Where the row came from the source.
    pub(super) fn place(&self, row: &Row) -> Option<usize> {
        let same = |other: &Row| self.table.in_file().all(|i| other[i] == row[i]);
        self.staged.iter().position(same)
    }

    /// Whether a target row's newest version was refused, so that it stays as it is.
    pub(super) fn is_retained(&self, row: &Row) -> bool {
        let identity = self.identity(row);
        !identity.is_empty() && self.refused.iter().any(|(refused, _)| self.identity(refused) == identity)
    }

    /// Whether a run may delete this target row if the source does not have it.
    pub(super) fn may_go(&self, row: &Row) -> bool {
        let deletes = ["replace", "delete_insert"].contains(&self.table.write);
        deletes && !self.idle && !protected(self.table, row) && self.in_scope(row) && !self.is_retained(row)
    }

    /// Whether the source speaks of the row.
    pub(super) fn in_scope(&self, row: &Row) -> bool {
        let Some(column) = self.table.scope else { return true };
        let source = self.passed.iter().chain(self.refused.iter().map(|(row, _)| row));
        source.into_iter().any(|s| s[column] == row[column])
    }

    /// The target row that a staged row is a version of.
    pub(super) fn held(&self, row: &Row) -> Option<&Row> {
        let identity = self.identity(row);
        self.target.iter().find(|t| !identity.is_empty() && self.identity(t) == identity)
    }

    /// Whether a staged row is our own coming back.
    pub(super) fn comes_back(&self, row: &Row) -> bool {
        self.table.origin.as_ref().is_some_and(|o| o.from_source) && protected(self.table, row)
    }

    /// The staged row as it would be written over a target row.
    pub(super) fn over(&self, row: &Row, held: &Row) -> Row {
        let mut row = row.clone();
        let generated = self.table.key.iter().filter(|_| self.table.generated);
        for i in generated.chain(&self.table.ignore) {
            row[*i].clone_from(&held[*i]);
        }
        row
    }
}
