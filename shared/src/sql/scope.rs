//! Deletes reach only rows whose values in some columns occur in the source (`scope`), or are those of a group that a run computes (`recompute`).

use crate::planner::Task;

use super::derive::groups;
use super::{Spelling, Temps, list};

/// What follows LEFT JOIN or JOIN to find out whether the target's row `t` is in scope, which it is where
/// `v`.hit is not NULL; None where all rows are. Refused rows speak of their scope as well.
pub(super) fn in_scope(spell: &dyn Spelling, task: &Task, temps: &Temps) -> Option<String> {
    if let Some(by) = task.groups() {
        return Some(spell.in_rows(&groups(spell, task, by), by, "t", "v"));
    }
    if task.plan.scope.is_empty() {
        return None;
    }
    let columns = list("s", &task.plan.scope);
    let rows = format!(
        "SELECT {columns} FROM {} s UNION SELECT {columns} FROM {} s",
        temps.staging.qualified, temps.refused.qualified
    );
    Some(spell.in_rows(&rows, &task.plan.scope, "t", "v"))
}
