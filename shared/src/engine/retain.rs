//! Rows that would be deleted although a row that stays refers to them: `on_referenced`.

use crate::catalog::{ForeignKey, OnDelete};
use crate::error::Result;
use crate::plan::Referenced;
use crate::planner::{Parent, Task};
use crate::session::Session;
use crate::sql::{self, Temps};

use super::compare::Counts;
use super::run::Tally;

/// What refers to a task's table: the foreign keys of the database, and the references that the plan
/// declares for tasks of this run (which stop a delete as a foreign key without action does).
pub(crate) fn incoming(tasks: &[Task], index: usize) -> Vec<ForeignKey> {
    let Some(task) = tasks.get(index) else { return Vec::new() };
    let mut keys = task.target.referenced_by.clone();
    for child in tasks {
        let leads_here = |parent: &Parent| matches!(parent, Parent::Tasks(i) if i.contains(&index));
        for link in child.references.iter().filter(|link| leads_here(&link.parent)) {
            let same = |key: &ForeignKey| {
                key.table == child.target.id()
                    && key.columns == link.columns
                    && key.parent_columns == link.parent_columns
            };
            if !keys.iter().any(same) {
                keys.push(ForeignKey {
                    name: String::new(),
                    table: child.target.id(),
                    columns: link.columns.clone(),
                    parent: task.target.id(),
                    parent_columns: link.parent_columns.clone(),
                    on_delete: OnDelete::NoAction,
                    deferrable: false,
                });
            }
        }
    }
    keys
}

/// The tasks that write a foreign key's table.
pub(crate) fn writers<'a>(
    tasks: &'a [Task],
    temps: &'a [Temps],
    key: &ForeignKey,
) -> Vec<(&'a Task, &'a Temps)> {
    tasks.iter().zip(temps).filter(|(task, _)| task.target.id() == key.table).collect()
}

/// Retains the rows that are still referred to, by each table's policy, and what they refer to in
/// turn, until nothing changes.
pub(crate) fn retain(
    s: &mut dyn Session,
    tasks: &[Task],
    temps: &[Temps],
    counts: &mut [Counts],
    tallies: &mut [Tally],
) -> Result<()> {
    let dialect = s.facts().dialect;
    let mut retained = vec![0_i64; tasks.len()];
    let mut changed = true;
    while std::mem::take(&mut changed) {
        for (index, (((task, own), counts), total)) in
            tasks.iter().zip(temps).zip(&mut *counts).zip(&mut retained).enumerate()
        {
            if task.plan.on_referenced != Referenced::Retain {
                continue;
            }
            for key in incoming(tasks, index) {
                if counts.deletes == 0 {
                    break;
                }
                let children = writers(tasks, temps, &key);
                let rows = s.execute(&sql::retain_referred(dialect, task, own, &key, &children), &[])?;
                let rows = i64::try_from(rows).unwrap_or(i64::MAX);
                counts.deletes -= rows;
                counts.retained += rows;
                *total += rows;
                changed |= rows > 0;
            }
        }
    }
    for ((task, tally), rows) in tasks.iter().zip(tallies).zip(retained).filter(|(_, rows)| *rows > 0) {
        tally.notes.push(format!("{rows} rows of \"{}\" were retained: others refer to them", task.name));
    }
    Ok(())
}
