//! Rows that would be deleted although a row that stays refers to them: those of tables whose
//! `on_referenced` says so, and stubs.

use crate::catalog::ForeignKey;
use crate::error::Result;
use crate::plan::Referenced;
use crate::planner::Task;
use crate::session::Session;
use crate::sql::{self, Temps};

use super::compare::Counts;
use super::outcome::Tally;
use super::prepare::Prepared;

/// The tasks that write a foreign key's table.
pub(crate) fn writers<'a>(
    tasks: &'a [Task],
    temps: &'a [Temps],
    key: &ForeignKey,
) -> Vec<(&'a Task, &'a Temps)> {
    tasks.iter().zip(temps).filter(|(task, _)| task.target.id() == key.table).collect()
}

/// Retains the rows that are still referred to, stubs in every table and others by its policy, and
/// what they refer to in turn, until nothing changes. Answers how many each task retains by its policy.
pub(crate) fn retain(s: &mut dyn Session, prepared: &Prepared, counts: &mut [Counts]) -> Result<Vec<u64>> {
    let (dialect, tasks, temps) = (s.facts().dialect, &prepared.tasks, &prepared.temps);
    let mut noted = vec![0_u64; tasks.len()];
    let mut changed = true;
    while std::mem::take(&mut changed) {
        for (index, (((task, own), counts), noted)) in
            tasks.iter().zip(temps).zip(&mut *counts).zip(&mut noted).enumerate()
        {
            for key in &task.referred_by {
                let children = writers(tasks, temps, key);
                if counts.deletes > 0 && prepared.stubs.is_open(index) {
                    let stubs = s.execute(&sql::retain_stubs(dialect, task, own, key, &children), &[])?;
                    counts.retain(stubs);
                    changed |= stubs > 0;
                }
                if counts.deletes > 0 && task.plan.on_referenced == Referenced::Retain {
                    let rows = s.execute(&sql::retain_referred(dialect, task, own, key, &children), &[])?;
                    counts.retain(rows);
                    *noted += rows;
                    changed |= rows > 0;
                }
            }
        }
    }
    Ok(noted)
}

/// Keeps with each table how many of its rows were retained by its policy.
pub(crate) fn note(tasks: &[Task], tallies: &mut [Tally], retained: &[u64]) {
    for ((task, tally), rows) in tasks.iter().zip(tallies).zip(retained).filter(|(_, rows)| **rows > 0) {
        tally.notes.push(format!("{rows} rows of \"{}\" were retained: others refer to them", task.name));
    }
}
