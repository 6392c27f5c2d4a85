//! The oracle on what a run takes away: rows retained, the guards, and what deletes do to children.

use std::collections::BTreeSet;

use super::Row;
use super::case::{OnDelete, Step, Table};
use super::oracle::{Faults, Work, imported};

/// Rows to be deleted to which a row that stays refers, where they are to be retained.
pub(super) fn retain(works: &mut [Work<'_>]) {
    loop {
        let mut claimed: Vec<BTreeSet<Row>> = vec![BTreeSet::new(); works.len()];
        // A staged row may have passed because of a stub, even if it is not written.
        let mut relied = claimed.clone();
        for work in &*works {
            for reference in &work.table.references {
                let values = |rows: &[Row]| {
                    let values = rows.iter().map(|r| Table::take(r, &reference.columns));
                    values.filter(|v| !v.contains(&None)).collect::<Vec<Row>>()
                };
                claimed[reference.parent].extend(values(&work.after));
                relied[reference.parent].extend(values(&work.passed));
            }
        }
        let mut more = false;
        for ((work, claimed), relied) in works.iter_mut().zip(&claimed).zip(&relied) {
            let retains = work.table.on_referenced == "retain";
            let key = work.table.key.clone();
            let gone = std::mem::take(&mut work.gone);
            let (back, gone): (Vec<Row>, Vec<Row>) = gone.into_iter().partition(|row| {
                let own = Table::take(row, &key);
                let open = work.open.contains(&own);
                (retains || open) && claimed.contains(&own)
                    || open && relied.contains(&own)
                    || work.needed.contains(&own)
            });
            more |= !back.is_empty();
            work.counts.deleted -= back.len();
            work.kept.extend(back.iter().cloned());
            work.after.extend(back);
            work.gone = gone;
        }
        if !more {
            return;
        }
    }
}

/// The guards on what is lost.
pub(super) fn losses(work: &Work<'_>, step: &Step, faults: &mut Faults) {
    if work.gone.is_empty() {
        return;
    }
    let empty = work.counts.staged == 0;
    if empty && !step.allow_empty {
        faults.insert("55000");
    }
    let lost = work.gone.iter().filter(|row| imported(work.table, row)).count();
    // A row that is inserted again under a new generated key is not lost.
    let back = if work.table.generated { work.counts.inserted } else { 0 };
    let lost = lost.saturating_sub(back);
    let counted = |row: &&Row| imported(work.table, row) && work.in_scope(row);
    let total = work.target.iter().filter(counted).count();
    if lost > 10 && lost * 10 > total && !step.allow_all && !(empty && step.allow_empty) {
        faults.insert("55000");
    }
}

/// Rows that refer to what is gone: the database would refuse, or delete or change them too; whether
/// it did.
pub(super) fn children(works: &mut [Work<'_>], step: &Step, faults: &mut Faults) -> bool {
    let mut first = true;
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
                    _ if first && work.after.iter().any(|row| lost(row) && is_kept(work, row)) => {
                        faults.insert("23503");
                    }
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
            return !first;
        }
        first = false;
    }
}

/// Whether a row that refers to one that is gone is there because it was retained: what a run stages
/// refers to what stays, and it deletes the others of a table that it writes.
fn is_kept(work: &Work<'_>, row: &Row) -> bool {
    let deletes = !work.idle && ["replace", "delete_insert"].contains(&work.table.write);
    deletes && work.in_scope(row) && (!work.table.keep_local || imported(work.table, row))
}
