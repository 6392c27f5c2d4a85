//! What a run must do, said plainly: rows in memory, one rule after the other, no thought of speed.
//!
//! It is written from the rules as the documents state them, not from the engine. Where several
//! faults of one stage are in the input, either may be the one that is reported.

use std::collections::BTreeSet;

use super::case::{Case, IMPORTED, OnDelete, Step, Table};
use super::{Cell, Row};

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
}

/// What a run that succeeds leaves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Done {
    /// The rows of each table, sorted.
    pub tables: Vec<Vec<Row>>,
    pub counts: Vec<Counts>,
    /// Table, key, reason.
    pub quarantine: Vec<(String, Row, &'static str)>,
}

/// The SQLSTATEs that a run may fail with.
pub type Faults = BTreeSet<&'static str>;

/// A table under way.
struct Work<'a> {
    table: &'a Table,
    target: &'a [Row],
    passed: Vec<Row>,
    refused: Vec<(Row, &'static str)>,
    counts: Counts,
    /// The rows that the table will have, and of its old ones those that will be gone.
    after: Vec<Row>,
    gone: Vec<Row>,
}

/// The outcome of a sync of all tables. `state` holds each table's rows.
pub fn run(case: &Case, step: &Step, state: &[Vec<Row>]) -> Result<Done, Faults> {
    let mut faults = Faults::new();
    let mut works: Vec<Work<'_>> = Vec::new();
    for ((table, source), target) in case.tables.iter().zip(&step.sources).zip(state) {
        works.push(load(table, source, target, &mut faults));
    }
    settle(&faults)?;
    for work in &works {
        duplicates(work, &mut faults);
    }
    settle(&faults)?;
    while refer(&mut works, &mut faults) {}
    settle(&faults)?;
    for work in &mut works {
        compare(work);
    }
    for work in &works {
        losses(work, step, &mut faults);
    }
    children(&mut works, step, &mut faults);
    settle(&faults)?;
    let mut done = Done::default();
    for work in works {
        let mut rows = work.after;
        rows.sort();
        done.tables.push(rows);
        done.counts.push(work.counts);
        for (row, reason) in &work.refused {
            done.quarantine.push((work.table.name.clone(), Table::take(row, &work.table.key), *reason));
        }
    }
    done.quarantine.sort();
    Ok(done)
}

fn settle(faults: &Faults) -> Result<(), Faults> {
    if faults.is_empty() { Ok(()) } else { Err(faults.clone()) }
}

/// Whether a row counts as imported by its origin.
fn imported(table: &Table, row: &Row) -> bool {
    let Some(origin) = &table.origin else { return true };
    match row[origin.column].as_deref() {
        Some(value) => value == IMPORTED,
        None => origin.null_is_imported,
    }
}

/// Whether a row is local and stays so.
fn protected(table: &Table, row: &Row) -> bool {
    table.keep_local && !imported(table, row)
}

fn load<'a>(table: &'a Table, source: &[Row], target: &'a [Row], faults: &mut Faults) -> Work<'a> {
    let mut passed = Vec::new();
    for row in source {
        let mut row = row.clone();
        if let Some(origin) = table.origin.as_ref().filter(|o| !o.from_source) {
            row[origin.column] = Some(IMPORTED.to_owned());
        }
        faults.extend(table.in_file().filter_map(|i| misfit(table, i, &row[i])));
        passed.push(row);
    }
    let counts = Counts { staged: source.len(), ..Counts::default() };
    Work { table, target, passed, refused: Vec::new(), counts, after: Vec::new(), gone: Vec::new() }
}

/// Why a value cannot be in a column.
fn misfit(table: &Table, column: usize, cell: &Cell) -> Option<&'static str> {
    let column = &table.columns[column];
    match cell {
        None => column.not_null.then_some("23502"),
        Some(value) => column.ty.unfit().filter(|(unfit, _)| unfit == value).map(|(_, code)| code),
    }
}

fn duplicates(work: &Work<'_>, faults: &mut Faults) {
    let keys: BTreeSet<Row> = work.passed.iter().map(|r| Table::take(r, &work.table.key)).collect();
    if keys.len() < work.passed.len() {
        faults.insert("21000");
    }
}

/// The keys that a table will have once the run is through.
fn known(work: &Work<'_>) -> BTreeSet<Row> {
    let key = |row: &Row| Table::take(row, &work.table.key);
    let held: BTreeSet<Row> = work.target.iter().map(key).collect();
    // A staged row that is our own coming back is never inserted.
    let comes = |row: &&Row| !protected(work.table, row) || held.contains(&key(row));
    let mut known: BTreeSet<Row> = work.passed.iter().filter(comes).map(key).collect();
    let refused: BTreeSet<Row> = work.refused.iter().map(|(row, _)| key(row)).collect();
    let stays = |row: &&Row| {
        work.table.write != "replace" || protected(work.table, row) || refused.contains(&key(row))
    };
    known.extend(work.target.iter().filter(stays).map(key));
    known
}

/// One look at all references; whether rows were refused, so that another look is due.
fn refer(works: &mut [Work<'_>], faults: &mut Faults) -> bool {
    let known: Vec<BTreeSet<Row>> = works.iter().map(known).collect();
    let mut refused = false;
    for work in works {
        let rows = std::mem::take(&mut work.passed);
        for mut row in rows {
            let mut refuse = false;
            for reference in &work.table.references {
                let value = Table::take(&row, &reference.columns);
                if value.contains(&None) || known[reference.parent].contains(&value) {
                    continue;
                }
                let strict = reference.columns.iter().any(|c| work.table.columns[*c].not_null);
                match work.table.on_missing_reference {
                    "quarantine" => refuse = true,
                    "null" if !strict => reference.columns.iter().for_each(|c| row[*c] = None),
                    _ => _ = faults.insert("23503"),
                }
            }
            refused |= refuse;
            if refuse {
                work.refused.push((row, "missing_reference"));
            } else {
                work.passed.push(row);
            }
        }
    }
    refused
}

/// Staged rows against the table's.
fn compare(work: &mut Work<'_>) {
    let table = work.table;
    let key = |row: &Row| Table::take(row, &table.key);
    let mut counts = work.counts;
    counts.quarantined = work.refused.len();
    let mut after: Vec<Row> = Vec::new();
    let mut seen: BTreeSet<Row> = BTreeSet::new();
    for row in &work.passed {
        let held = work.target.iter().find(|t| key(t) == key(row));
        seen.insert(key(row));
        match held {
            _ if table.origin.as_ref().is_some_and(|o| o.from_source) && protected(table, row) => {
                counts.preserved += 1;
                after.extend(held.cloned());
            }
            None => {
                counts.inserted += 1;
                after.push(row.clone());
            }
            Some(held) if protected(table, held) => {
                counts.preserved += 1;
                after.push(held.clone());
            }
            Some(held) => {
                let mut row = row.clone();
                if let Some(ignored) = table.ignore {
                    row[ignored].clone_from(&held[ignored]);
                }
                if row == *held {
                    counts.unchanged += 1;
                } else {
                    counts.updated += 1;
                }
                after.push(row);
            }
        }
    }
    for row in work.target.iter().filter(|t| !seen.contains(&key(t))) {
        let retained = work.refused.iter().any(|(refused, _)| key(refused) == key(row));
        if table.write == "replace" && !protected(table, row) && !retained {
            counts.deleted += 1;
            work.gone.push(row.clone());
        } else {
            after.push(row.clone());
        }
    }
    work.counts = counts;
    work.after = after;
}

/// The guards on what is lost.
fn losses(work: &Work<'_>, step: &Step, faults: &mut Faults) {
    if work.gone.is_empty() {
        return;
    }
    let empty = work.counts.staged == 0;
    if empty && !step.allow_empty {
        faults.insert("55000");
    }
    let lost = work.gone.iter().filter(|row| imported(work.table, row)).count();
    let total = work.target.iter().filter(|row| imported(work.table, row)).count();
    if lost > 10 && lost * 10 > total && !step.allow_all && !(empty && step.allow_empty) {
        faults.insert("55000");
    }
}

/// Rows that refer to what is gone: the database would refuse, or delete or change them too.
fn children(works: &mut [Work<'_>], step: &Step, faults: &mut Faults) {
    loop {
        let keys: Vec<BTreeSet<Row>> =
            works.iter().map(|w| w.after.iter().map(|r| Table::take(r, &w.table.key)).collect()).collect();
        let mut spread = false;
        for work in &mut *works {
            for reference in &work.table.references {
                let lost = |row: &Row| {
                    let value = Table::take(row, &reference.columns);
                    !value.contains(&None) && !keys[reference.parent].contains(&value)
                };
                if !work.after.iter().any(lost) {
                    continue;
                }
                match reference.on_delete {
                    OnDelete::Refuse => _ = faults.insert("23503"),
                    _ if !step.allow_cascade => _ = faults.insert("55000"),
                    OnDelete::Cascade => {
                        work.after.retain(|row| !lost(row));
                        spread = true;
                    }
                    OnDelete::SetNull => {
                        for row in work.after.iter_mut().filter(|row| lost(row)) {
                            reference.columns.iter().for_each(|c| row[*c] = None);
                        }
                        spread = true;
                    }
                }
            }
        }
        if !spread {
            return;
        }
    }
}
