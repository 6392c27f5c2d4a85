//! Deletes reach only rows whose values in some columns occur in the source (`scope`), or are those of a group that a run computes (`recompute`).

use crate::planner::Task;
use crate::session::Dialect;

use super::assign::rewritten_parents;
use super::derive::groups;
use super::{Ident, TempTable, Temps, list, spelling};

/// What follows LEFT JOIN or JOIN to find out whether the target's row `t` is in scope, which it is where
/// `v`.hit is not NULL; None where all rows are.
pub(super) fn in_scope(dialect: Dialect, task: &Task, temps: &Temps) -> Option<String> {
    let (columns, rows) = scopes(dialect, task, temps)?;
    let typed = columns.iter().filter_map(|name| task.target.column(name)).enumerate();
    let (values, pairs): (Vec<String>, Vec<String>) = typed
        .map(|(i, column)| {
            let (name, value) = (Ident(&column.name), format!("v.k{i}"));
            (format!("u.{name} AS k{i}"), spelling(dialect).same(column, &format!("t.{name}"), &value))
        })
        .unzip();
    Some(format!("(SELECT {}, TRUE AS hit FROM ({rows}) u) v ON {}", values.join(", "), pairs.join(" AND ")))
}

/// The columns that tell a scope, and a select of the scopes that the run speaks of; None where it speaks of all.
/// Refused rows speak of their scope as well, and documents without rows; but not those of a restore, which may have
/// lost the parent that they speak of: their parent speaks for itself.
pub(super) fn scopes<'a>(dialect: Dialect, task: &'a Task, temps: &Temps) -> Option<(&'a [String], String)> {
    if let Some(by) = task.groups() {
        return Some((by, groups(spelling(dialect), task, by)));
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
    Some((&task.plan.scope, format!("{}{besides}", rows_of(&temps.staging))))
}
