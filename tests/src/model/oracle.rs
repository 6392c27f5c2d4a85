//! What a run must do, said plainly: rows in memory, one rule after the other, no thought of speed.
//!
//! It is written from the rules as the documents state them, not from the engine. Where several
//! faults of one stage are in the input, either may be the one that is reported.

use std::collections::BTreeSet;

use super::case::{Case, IMPORTED, Step, Table};
use super::loss::{children, losses, retain};
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
pub(super) struct Work<'a> {
    pub table: &'a Table,
    pub target: &'a [Row],
    pub passed: Vec<Row>,
    pub refused: Vec<(Row, &'static str)>,
    pub counts: Counts,
    /// The rows that the table will have, and of its old ones those that will be gone.
    pub after: Vec<Row>,
    pub gone: Vec<Row>,
}

/// The outcome of a sync of all tables. `state` holds each table's rows.
pub fn run(case: &Case, step: &Step, state: &[Vec<Row>]) -> Result<Done, Faults> {
    let mut faults = Faults::new();
    let mut works: Vec<Work<'_>> = Vec::new();
    for ((table, source), target) in case.tables.iter().zip(&step.sources).zip(state) {
        works.push(load(table, source, target, &mut faults));
    }
    settle(&faults)?;
    for work in &mut works {
        duplicates(work, &mut faults);
    }
    settle(&faults)?;
    loop {
        while refer(&mut works, &mut faults) {}
        if !works.iter_mut().fold(false, |again, work| again | conflicts(work, &mut faults)) {
            break;
        }
    }
    settle(&faults)?;
    works.iter().for_each(|work| too_many(work, &mut faults));
    settle(&faults)?;
    for work in &mut works {
        differ_locally(work, &mut faults);
    }
    works.iter().for_each(|work| too_many(work, &mut faults));
    settle(&faults)?;
    works.iter_mut().for_each(compare);
    retain(&mut works);
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
            let key = Table::take(row, &work.table.identity());
            done.quarantine.push((work.table.name.clone(), key, *reason));
        }
    }
    done.quarantine.sort();
    Ok(done)
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
fn protected(table: &Table, row: &Row) -> bool {
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
    Work { table, target, passed, refused, counts, after: Vec::new(), gone: Vec::new() }
}

/// Why a value cannot be in a column.
fn misfit(table: &Table, column: usize, cell: &Cell) -> Option<&'static str> {
    let column = &table.columns[column];
    match cell {
        None => column.not_null.then_some("23502"),
        Some(value) => column.ty.unfit().filter(|(unfit, _)| unfit == value).map(|(_, code)| code),
    }
}

impl Work<'_> {
    fn identity(&self, row: &Row) -> Row {
        Table::take(row, &self.table.identity())
    }

    /// Whether a target row's newest version was refused, so that it stays as it is.
    fn is_retained(&self, row: &Row) -> bool {
        let identity = self.identity(row);
        !identity.is_empty() && self.refused.iter().any(|(refused, _)| self.identity(refused) == identity)
    }

    /// Whether a run may delete this target row if the source does not have it.
    fn may_go(&self, row: &Row) -> bool {
        let deletes = ["replace", "delete_insert"].contains(&self.table.write);
        deletes && !protected(self.table, row) && self.in_scope(row) && !self.is_retained(row)
    }

    /// Whether the source speaks of the row.
    pub fn in_scope(&self, row: &Row) -> bool {
        let Some(column) = self.table.scope else { return true };
        let source = self.passed.iter().chain(self.refused.iter().map(|(row, _)| row));
        source.into_iter().any(|s| s[column] == row[column])
    }

    /// The target row that a staged row is a version of.
    fn held(&self, row: &Row) -> Option<&Row> {
        let identity = self.identity(row);
        self.target.iter().find(|t| !identity.is_empty() && self.identity(t) == identity)
    }

    /// Whether a staged row is our own coming back.
    fn comes_back(&self, row: &Row) -> bool {
        self.table.origin.as_ref().is_some_and(|o| o.from_source) && protected(self.table, row)
    }

    /// The staged row as it would be written over a target row.
    fn over(&self, row: &Row, held: &Row) -> Row {
        let mut row = row.clone();
        let generated = self.table.key.iter().filter(|_| self.table.generated);
        for i in generated.chain(&self.table.ignore) {
            row[*i].clone_from(&held[*i]);
        }
        row
    }
}

/// Staged rows that share a key, by policy.
fn duplicates(work: &mut Work<'_>, faults: &mut Faults) {
    if work.table.generated {
        return;
    }
    let rows = std::mem::take(&mut work.passed);
    for (place, row) in rows.iter().enumerate() {
        let key = work.identity(row);
        let same = |other: &Row| work.identity(other) == key;
        if rows.iter().filter(|r| same(r)).count() == 1 {
            work.passed.push(row.clone());
            continue;
        }
        match (work.table.on_duplicate_key, work.table.dedup_sort) {
            ("quarantine", _) => work.refused.push((row.clone(), "duplicate_key")),
            ("last", Some(sort)) => {
                // NULL is least; of equal ones the later row wins.
                let rank = |(place, row): (usize, &Row)| (row[sort].clone(), place);
                let best = rows.iter().enumerate().filter(|(_, r)| same(r)).map(rank).max();
                if best == Some(rank((place, row))) {
                    work.passed.push(row.clone());
                } else {
                    work.counts.skipped += 1;
                }
            }
            _ => _ = faults.insert("21000"),
        }
    }
}

/// The keys that a table will have once the run is through.
fn known(work: &Work<'_>) -> BTreeSet<Row> {
    let key = |row: &Row| Table::take(row, &work.table.key);
    let comes = |row: &&Row| !work.comes_back(row) || work.held(row).is_some();
    let mut known: BTreeSet<Row> = work.passed.iter().filter(comes).map(key).collect();
    known.extend(work.target.iter().filter(|row| !work.may_go(row)).map(key));
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

/// Values of unique columns that two rows would have, one column after the other; whether rows were
/// refused for them.
fn conflicts(work: &mut Work<'_>, faults: &mut Faults) -> bool {
    let table = work.table;
    let mut any = false;
    for &column in &table.unique {
        let shared = sharing(work, column);
        if shared.is_empty() {
            continue;
        }
        if table.on_unique_conflict == "error" {
            faults.insert("23505");
            continue;
        }
        any = true;
        let rows = std::mem::take(&mut work.passed);
        for (place, row) in rows.into_iter().enumerate() {
            if shared.contains(&place) {
                work.refused.push((row, "unique_conflict"));
            } else {
                work.passed.push(row);
            }
        }
    }
    any
}

/// The staged rows whose value in a column another row would have too.
fn sharing(work: &Work<'_>, column: usize) -> BTreeSet<usize> {
    // Who holds a value in the end: target rows that stay, and staged rows that are written.
    let replaced = |t: &Row| work.passed.iter().any(|s| written(work, s, t));
    let doomed = |t: &Row| work.may_go(t) && !work.passed.iter().any(|s| work.held(s) == Some(t));
    let stays = work.target.iter().filter(|t| !replaced(t) && !doomed(t));
    let mut holders: Vec<(Option<usize>, &Cell)> = stays.map(|t| (None, &t[column])).collect();
    for (place, row) in work.passed.iter().enumerate() {
        let lands = match work.held(row) {
            _ if work.comes_back(row) => false,
            None => true,
            Some(held) => written(work, row, held),
        };
        holders.extend(lands.then_some((Some(place), &row[column])));
    }
    let shared = |value: &Cell| value.is_some() && holders.iter().filter(|(_, v)| *v == value).count() > 1;
    holders.iter().filter(|(_, value)| shared(value)).filter_map(|(place, _)| *place).collect()
}

/// Whether a staged row takes the place of a target row.
fn written(work: &Work<'_>, row: &Row, target: &Row) -> bool {
    work.held(row) == Some(target)
        && !work.comes_back(row)
        && !protected(work.table, target)
        && work.table.write != "insert_only"
}

fn too_many(work: &Work<'_>, faults: &mut Faults) {
    if work.table.max_quarantine.is_some_and(|limit| work.refused.len() > limit) {
        faults.insert("55000");
    }
}

/// Staged rows that differ from the local row of their key, by policy.
fn differ_locally(work: &mut Work<'_>, faults: &mut Faults) {
    let table = work.table;
    if table.on_local_conflict == "keep" {
        return;
    }
    let rows = std::mem::take(&mut work.passed);
    for row in rows {
        let differs = work.held(&row).filter(|held| protected(table, held)).is_some_and(|held| {
            let mut version = work.over(&row, held);
            if let Some(origin) = &table.origin {
                version[origin.column].clone_from(&held[origin.column]);
            }
            version != *held
        });
        match table.on_local_conflict {
            _ if !differs || work.comes_back(&row) => work.passed.push(row),
            "quarantine" => work.refused.push((row, "local_conflict")),
            _ => {
                faults.insert("55000");
                work.passed.push(row);
            }
        }
    }
}

/// Staged rows against the table's.
fn compare(work: &mut Work<'_>) {
    let table = work.table;
    let mut counts = work.counts;
    counts.quarantined = work.refused.len();
    let mut after: Vec<Row> = Vec::new();
    // Target rows that no staged row speaks for yet, in the order of their keys.
    let mut left: Vec<Row> = work.target.to_vec();
    left.sort_by_key(|row| row[table.key[0]].as_deref().and_then(|k| k.parse::<i64>().ok()));
    let mut new: Vec<Row> = Vec::new();
    for row in &work.passed {
        let local = |t: &&Row| work.held(row).is_some() && work.identity(t) == work.identity(row);
        let held = if table.generated {
            work.target.iter().filter(|t| protected(table, t)).find(local)
        } else {
            work.held(row)
        };
        let own = work.comes_back(row) || held.is_some_and(|held| protected(table, held));
        if own {
            counts.preserved += 1;
        } else if table.generated {
            let same = |t: &Row| work.may_go(t) && work.over(row, t) == *t;
            match left.iter().position(same) {
                None => new.push(row.clone()),
                Some(place) => {
                    counts.unchanged += 1;
                    after.push(left.remove(place));
                }
            }
            continue;
        } else if let Some(held) = held {
            let version = if table.write == "insert_only" { held.clone() } else { work.over(row, held) };
            counts.unchanged += usize::from(version == *held);
            counts.updated += usize::from(version != *held);
            after.push(version);
        } else {
            counts.inserted += 1;
            after.push(row.clone());
        }
        if let Some(held) = held.filter(|_| !table.generated) {
            if own {
                after.push(held.clone());
            }
            left.retain(|t| t != held);
        }
    }
    // What a merge key identifies keeps its generated key.
    for row in new {
        let same =
            |t: &Row| table.merge_key.is_some() && work.may_go(t) && work.identity(t) == work.identity(&row);
        match left.iter().position(same) {
            Some(place) => {
                counts.updated += 1;
                after.push(work.over(&row, &left.remove(place)));
            }
            None => {
                counts.inserted += 1;
                after.push(row);
            }
        }
    }
    let (gone, kept): (Vec<Row>, Vec<Row>) = left.into_iter().partition(|t| work.may_go(t));
    counts.deleted = gone.len();
    after.extend(kept);
    work.gone = gone;
    work.counts = counts;
    work.after = after;
}
