//! Stubs: what a plan says of them, which rows a run makes as stubs, and which it lists.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::Row;
use super::case::{Case, IMPORTED, Reference, Table};
use super::oracle::{Work, imported};
use super::rules::known;

/// The list of stubs: table and key, with whether the source has brought the row.
pub type Stubs = BTreeMap<(String, Row), bool>;

/// The columns of a table that a stub needs a value for, besides its key and origin.
fn given(table: &Table) -> Vec<usize> {
    let origin = |i: usize| table.origin.as_ref().is_some_and(|o| o.column == i);
    let needed = |i: &usize| table.columns[*i].not_null || table.scope == Some(*i);
    (0..table.columns.len()).filter(needed).filter(|i| !table.key.contains(i) && !origin(*i)).collect()
}

/// The references that a stub makes itself.
fn own_references(table: &Table) -> impl Iterator<Item = &Reference> {
    let given = given(table);
    table.references.iter().filter(move |r| r.columns.iter().all(|c| given.contains(c)))
}

/// A table's `stub_values`: for those that it refers to, and for those that their stubs refer to.
pub(super) fn plan(case: &Case, table: &Table) -> Value {
    let mut due: Vec<usize> = table.references.iter().map(|r| r.parent).collect();
    let mut plan = Map::new();
    while let Some(index) = due.pop() {
        let parent = &case.tables[index];
        let column = |i: &usize| (parent.columns[*i].name.clone(), parent.columns[*i].ty.value(1).into());
        let values: Map<String, Value> = given(parent).iter().map(column).collect();
        if !values.is_empty() && plan.insert(parent.name.clone(), values.into()).is_none() {
            due.extend(own_references(parent).map(|r| r.parent));
        }
    }
    plan.into()
}

/// A stub as a row of its table.
pub(super) fn row(table: &Table, key: &Row) -> Row {
    let mut row: Row = vec![None; table.columns.len()];
    for i in given(table) {
        row[i] = Some(table.columns[i].ty.value(1));
    }
    if let Some(origin) = &table.origin {
        row[origin.column] = Some(IMPORTED.to_owned());
    }
    for (i, value) in table.key.iter().zip(key) {
        row[*i].clone_from(value);
    }
    row
}

/// Finds which stubs the staged rows need now, and which these need in turn.
pub(super) fn need(works: &mut [Work<'_>]) {
    works.iter_mut().for_each(|work| work.needed.clear());
    loop {
        let known: Vec<BTreeSet<Row>> = works.iter().map(known).collect();
        let mut missing: Vec<(usize, Row)> = Vec::new();
        let mut look = |row: &Row, reference: &Reference| {
            let value = Table::take(row, &reference.columns);
            if !value.contains(&None) && !known[reference.parent].contains(&value) {
                missing.push((reference.parent, value));
            }
        };
        for work in &*works {
            for key in &work.needed {
                own_references(work.table).for_each(|r| look(&row(work.table, key), r));
            }
            let makes = work.table.on_missing_reference == "stub";
            for row in work.passed.iter().filter(|_| makes) {
                work.table.references.iter().for_each(|r| look(row, r));
            }
        }
        if missing.is_empty() {
            return;
        }
        missing.into_iter().for_each(|(parent, key)| _ = works[parent].needed.insert(key));
    }
}

/// Adds the stubs that are not there yet to the rows that a table will have.
pub(super) fn insert(work: &mut Work<'_>) {
    let table = work.table;
    let there: BTreeSet<Row> = work.target.iter().map(|r| Table::take(r, &table.key)).collect();
    let new: Vec<Row> = work.needed.difference(&there).map(|key| row(table, key)).collect();
    work.counts.stubs = new.len();
    work.after.extend(new);
}

/// The list of stubs after a run.
pub(super) fn list(works: &[Work<'_>], before: &Stubs) -> Stubs {
    let mut list = before.clone();
    for work in works {
        let table = work.table;
        let key = |row: &Row| Table::take(row, &table.key);
        let there: BTreeSet<Row> = work.after.iter().filter(|r| imported(table, r)).map(key).collect();
        let brought: BTreeSet<Row> = work.passed.iter().map(key).collect();
        for key in &work.open {
            let entry = (table.name.clone(), key.clone());
            if !there.contains(key) {
                list.remove(&entry);
            } else if brought.contains(key) {
                list.insert(entry, true);
            }
        }
        list.extend(work.needed.iter().map(|key| ((table.name.clone(), key.clone()), false)));
    }
    list
}

/// The keys of a table's open stubs; those of a table that a run does not write are not looked at.
pub(super) fn open(work: &Work<'_>, stubs: &Stubs) -> BTreeSet<Row> {
    let table = work.table;
    let own =
        |((name, _), brought): &(&(String, Row), &bool)| !work.idle && *name == table.name && !**brought;
    stubs.iter().filter(own).map(|((_, key), _)| key.clone()).collect()
}
