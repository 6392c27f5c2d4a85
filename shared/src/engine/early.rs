//! Which doomed rows go before anything is written: those that hold a value which a written row
//! claims, with their doomed children, unless a row that stays for now still refers to them.

use crate::error::Result;
use crate::planner::Task;
use crate::session::Session;
use crate::sql::{self, Temps};
use crate::value::count;

use super::compare::Counts;

/// Marks the early deletes in the change sets and returns how many each task has.
pub(crate) fn mark(
    s: &mut dyn Session,
    tasks: &[Task],
    temps: &[Temps],
    counts: &[Counts],
) -> Result<Vec<i64>> {
    let dialect = s.facts().dialect;
    let mut early = vec![0_i64; tasks.len()];
    let pairs: Vec<(&Task, &Temps)> = tasks.iter().zip(temps).collect();
    let find = |id: &(String, String)| pairs.iter().position(|(t, _)| t.target.id() == *id);
    for (index, ((task, temp), counts)) in pairs.iter().zip(counts).enumerate() {
        if counts.deletes == 0 || counts.inserts + counts.updates == 0 {
            continue;
        }
        let secondary =
            task.target.uniques.iter().filter(|u| !u.columns.is_empty() && u.columns != task.unique_key());
        for unique in secondary.filter(|u| task.stages(&u.columns)) {
            early[index] += count(s.execute(&sql::mark_claimed(dialect, task, temp, &unique.columns), &[])?);
        }
    }
    if early.iter().all(|n| *n == 0) {
        return Ok(early);
    }
    // A table may refer to itself, so a pass can make another one necessary.
    let mut changed = true;
    while std::mem::take(&mut changed) {
        for parent in &pairs {
            for key in &parent.0.target.referenced_by {
                if let Some((index, child)) = find(&key.table).and_then(|i| Some((i, *pairs.get(i)?))) {
                    let marked = count(s.execute(&sql::mark_children(dialect, *parent, child, key), &[])?);
                    early[index] += marked;
                    changed |= marked > 0;
                }
            }
        }
    }
    changed = true;
    while std::mem::take(&mut changed) {
        for (index, parent) in pairs.iter().enumerate().rev() {
            for key in &parent.0.target.referenced_by {
                let child = find(&key.table).and_then(|i| pairs.get(i).copied());
                let kept = count(s.execute(&sql::unmark_parents(dialect, *parent, child, key), &[])?);
                early[index] -= kept;
                changed |= kept > 0;
            }
        }
    }
    Ok(early)
}
