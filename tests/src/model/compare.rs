//! The oracle on what becomes of a table once its staged rows have passed.

use super::Row;
use super::oracle::{Counts, Work, misfit, protected};

/// Staged rows against the table's: the rows that it will have, those that go, and the counts.
pub(super) fn compare(work: &mut Work<'_>) {
    let table = work.table;
    let Counts { staged, skipped, .. } = work.counts;
    let mut counts = Counts { staged, skipped, quarantined: work.refused.len(), ..Counts::default() };
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
            // What an `insert_only` finds as a stub it never inserted: it is still to be filled.
            let stub = work.open.contains(&work.identity(row));
            let keeps = table.write == "insert_only" && !stub;
            let version = if keeps { held.clone() } else { work.over(row, held) };
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
    // Without a key it is the row that equals it that a refused row retains.
    for (row, _) in work.refused.iter().filter(|_| table.identity().is_empty()) {
        let row: Row = row
            .iter()
            .enumerate()
            .map(|(i, c)| c.clone().filter(|_| misfit(table, i, c).is_none()))
            .collect();
        if let Some(place) = left.iter().position(|t| work.may_go(t) && work.over(&row, t) == *t) {
            after.push(left.remove(place));
        }
    }
    // What a merge key identifies keeps its generated key; without one, what differs in its origin alone.
    for row in new {
        let same = |t: &Row| {
            work.may_go(t)
                && if table.merge_key.is_some() {
                    work.identity(t) == work.identity(&row)
                } else {
                    adopts(work, &row, t)
                }
        };
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

/// Whether a staged row without a key makes a target row imported that says the same.
fn adopts(work: &Work<'_>, row: &Row, target: &Row) -> bool {
    let Some(origin) = &work.table.origin else { return false };
    let mut version = work.over(row, target);
    version[origin.column].clone_from(&target[origin.column]);
    version == *target
}
