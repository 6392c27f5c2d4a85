//! Deletes reach only rows whose values in some columns occur in the source (`scope`), or are those of a group that a run computes (`recompute`).

use crate::planner::Task;
use crate::session::Dialect;

use super::assign::rewritten_parents;
use super::derive::groups;
use super::{TempTable, Temps, list, spelling};

/// What follows LEFT JOIN or JOIN to find out whether the target's row `t` is in scope, which it is where
/// `v`.hit is not NULL; None where all rows are. Refused rows speak of their scope as well, and documents without
/// rows; but not those of a restore, which may have lost the parent that they speak of: their parent speaks for itself.
pub(super) fn in_scope(dialect: Dialect, task: &Task, temps: &Temps) -> Option<String> {
    if let Some(by) = task.groups() {
        let spell = spelling(dialect);
        return Some(spell.in_rows(&groups(spell, task, by), by, "t", "v"));
    }
    if task.plan.scope.is_empty() {
        return None;
    }
    let columns = list("s", &task.plan.scope);
    let rows_of = |table: &TempTable| format!("SELECT {columns} FROM {} s", table.qualified);
    let besides: Vec<String> = match task.detail() {
        Some(detail) => rewritten_parents(dialect, task, detail).into_iter().collect(),
        None => std::iter::once(&temps.refused).chain(&temps.spoken).map(rows_of).collect(),
    };
    let besides: String = besides.iter().map(|rows| format!(" UNION {rows}")).collect();
    let rows = format!("{}{besides}", rows_of(&temps.staging));
    Some(spelling(dialect).in_rows(&rows, &task.plan.scope, "t", "v"))
}
