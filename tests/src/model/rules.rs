//! The oracle on rows that break a rule: refused, skipped, mended or a fault, as the plan says.

use std::collections::BTreeSet;

use super::case::Table;
use super::oracle::{Faults, Work, protected};
use super::{Cell, Row, stub};

/// Staged rows that share a key, by policy; one that was refused before is a version of its key, too.
pub(super) fn duplicates(work: &mut Work<'_>, faults: &mut Faults) {
    if work.table.generated {
        return;
    }
    let passed = std::mem::take(&mut work.passed).into_iter().map(|row| (row, None));
    let refused = std::mem::take(&mut work.refused).into_iter().map(|(row, reason)| (row, Some(reason)));
    let versions: Vec<(Row, Option<&'static str>)> = passed.chain(refused).collect();
    for (index, (row, reason)) in versions.iter().enumerate() {
        let key = work.identity(row);
        let same = |other: &Row| work.identity(other) == key;
        let single = key.contains(&None) || versions.iter().filter(|(r, _)| same(r)).count() == 1;
        let reason = match (work.table.on_duplicate_key, work.table.dedup_sort) {
            _ if single => *reason,
            ("quarantine", _) => Some(reason.unwrap_or("duplicate_key")),
            ("last", Some(sort)) => {
                // NULL is least; of equal ones the later row wins.
                let rank = |(index, row): (usize, &Row)| (row[sort].clone(), work.place(row), index);
                let ranks = versions.iter().map(|(r, _)| r).enumerate().filter(|(_, r)| same(r)).map(rank);
                if ranks.max() != Some(rank((index, row))) {
                    work.counts.skipped += 1;
                    continue;
                }
                *reason
            }
            _ => {
                faults.insert("21000");
                *reason
            }
        };
        match reason {
            None => work.passed.push(row.clone()),
            Some(reason) => work.refused.push((row.clone(), reason)),
        }
    }
}

/// The keys that a table will have once the run is through.
pub(super) fn known(work: &Work<'_>) -> BTreeSet<Row> {
    let key = |row: &Row| Table::take(row, &work.table.key);
    let comes = |row: &&Row| !work.comes_back(row) || work.held(row).is_some();
    let mut known: BTreeSet<Row> = work.passed.iter().filter(comes).map(key).collect();
    // Stubs of earlier runs stay while something refers to them.
    let stays = |row: &&Row| !work.may_go(row) || work.open.contains(&key(row));
    known.extend(work.target.iter().filter(stays).map(key));
    known.extend(work.needed.iter().cloned());
    known
}

/// One look at all references; whether rows were refused, so that another look is due.
pub(super) fn refer(works: &mut [Work<'_>], faults: &mut Faults) -> bool {
    stub::need(works);
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
pub(super) fn conflicts(work: &mut Work<'_>, faults: &mut Faults) -> bool {
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
    let found = |t: &Row| work.passed.iter().any(|s| work.held(s) == Some(t));
    let doomed = |t: &Row| work.may_go(t) && !found(t) && !work.kept.contains(t);
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
pub(super) fn written(work: &Work<'_>, row: &Row, target: &Row) -> bool {
    work.held(row) == Some(target)
        && !work.comes_back(row)
        && !protected(work.table, target)
        && (work.table.write != "insert_only" || work.open.contains(&work.identity(row)))
}

pub(super) fn too_many(work: &Work<'_>, faults: &mut Faults) {
    if work.table.max_quarantine.is_some_and(|limit| work.refused.len() > limit) {
        faults.insert("55000");
    }
}

/// Staged rows that differ from the local row of their key, by policy.
pub(super) fn differ_locally(work: &mut Work<'_>, faults: &mut Faults) {
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
