//! Late references: what a circle of foreign keys kept from being inserted with its row.

use crate::error::Result;
use crate::planner::Task;
use crate::session::Session;
use crate::sql::{self, Temps};

use super::apply::expect;
use super::compare::Counts;
use super::guard::single_count;

/// Sets the late references of the rows that were inserted.
pub(super) fn bind(s: &mut dyn Session, task: &Task, temps: &Temps, counts: &Counts) -> Result<()> {
    let (Some(count), Some(statement)) = (sql::count_late(task, temps), sql::bind_late(task, temps)) else {
        return Ok(());
    };
    if counts.inserts == 0 {
        return Ok(());
    }
    let wanted = single_count(s, &count)?;
    expect(s, task, &statement, wanted, "given their late references")
}

/// Takes the late references from the rows that go (by this op), of which there are `doomed`.
pub(super) fn unlink(s: &mut dyn Session, task: &Task, temps: &Temps, op: char, doomed: i64) -> Result<()> {
    if task.late.is_empty() || doomed == 0 {
        return Ok(());
    }
    let dialect = s.facts().dialect;
    let wanted = single_count(s, &sql::count_unlinked(dialect, task, temps, op))?;
    expect(s, task, &sql::unlink(dialect, task, temps, op), wanted, "freed of their late references")
}
