//! What runs keep from one to the next besides rows: the rows that were refused, and the cursors.

use super::Cell;
use super::Row;
use super::case::{Case, Table};
use super::cursor::Read;
use super::oracle::Work;
use super::stub::Stubs;

/// A refused row and the reason.
pub type Refused = (Row, &'static str);

/// What is kept, by table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Memory {
    pub cursors: Vec<Cell>,
    pub refused: Vec<Vec<Refused>>,
    pub stubs: Stubs,
}

impl Memory {
    /// Before the first run.
    pub fn none(case: &Case) -> Memory {
        Memory {
            cursors: vec![None; case.tables.len()],
            refused: vec![Vec::new(); case.tables.len()],
            stubs: Stubs::new(),
        }
    }
}

/// Whether a run that reads a part of its source stages the refused rows too: one that deletes does
/// not, or they would speak for their scope as if they were all of it.
fn stages(table: &Table, mode: &str) -> bool {
    mode == "incremental" && !["replace", "delete_insert"].contains(&table.write)
}

/// The rows that a run stages: those that were refused, unless the source has a newer version, and
/// those of the source.
pub(super) fn staged(table: &Table, read: &Read, refused: &[Refused]) -> Vec<Row> {
    let known = |old: &Row| read.rows.iter().any(|row| same(table, old, row));
    let again = refused.iter().map(|(row, _)| row).filter(|row| !known(row));
    let again = again.filter(|_| stages(table, read.mode)).cloned();
    again.map(|row| unfound(table, row)).chain(read.rows.iter().cloned()).collect()
}

/// A refused row as it is staged again: what was looked up is looked up anew.
pub(super) fn unfound(table: &Table, mut row: Row) -> Row {
    if let Some(lookup) = &table.lookup {
        row[lookup.set] = None;
    }
    row
}

/// What is refused once a run is through.
pub(super) fn refused(work: &Work<'_>, mode: &str, before: &[Refused]) -> Vec<Refused> {
    if work.idle {
        return before.to_vec();
    }
    let mut refused = work.refused.clone();
    // What a run does not read it does not speak of.
    if work.table.scope.is_some() && !stages(work.table, mode) {
        let named = |row: &Row| name(work.table, row);
        let rows = work.passed.iter().chain(work.refused.iter().map(|(row, _)| row));
        let read: Vec<Row> = rows.map(named).collect();
        let anew = |old: &Row| read.contains(&named(old)) || work.in_scope(old);
        refused.extend(before.iter().filter(|(old, _)| !anew(old)).cloned());
    }
    refused
}

/// Whether two source rows are versions of one: a row without a whole key is only its own.
fn same(table: &Table, a: &Row, b: &Row) -> bool {
    name(table, a) == name(table, b)
}

/// What a row is known by: its key, or all of it where it has none or a NULL in it.
fn name(table: &Table, row: &Row) -> Row {
    let key = Table::take(row, &table.identity());
    let all = || Table::take(row, &table.in_file().collect::<Vec<_>>());
    if key.is_empty() || key.contains(&None) { all() } else { key }
}
