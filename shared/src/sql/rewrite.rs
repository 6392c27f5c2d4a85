//! Rows that are not as they were written.

use crate::planner::Task;
use crate::session::Dialect;

use super::{Ident, Sql, Temps, same_key, spelling, target};

/// In how many of the rows just written each compared column has another value than the one
/// written: one row of counts, in the order of [`Task::updated`]. None for a task without a key to
/// find rows by, or without such columns.
pub fn count_rewritten(dialect: Dialect, task: &Task, temps: &Temps) -> Option<Sql> {
    let spell = spelling(dialect);
    let counts = task.updated().map(|c| {
        let name = Ident(&c.column.name);
        let differ = spell.differ(&c.column.ty, &format!("s.{name}"), &format!("t.{name}"));
        format!("count(*) FILTER (WHERE {differ})")
    });
    let counts: Vec<String> = counts.collect();
    if counts.is_empty() || task.key.is_empty() {
        return None;
    }
    Some(Sql::new(format!(
        "SELECT {}\nFROM {} c JOIN {} s ON s.{} = c.s JOIN {} t ON {} WHERE c.op IN ('i', 'u')",
        counts.join(", "),
        temps.changes.qualified,
        temps.staging.qualified,
        Ident(&task.own_column("_row")),
        target(&task.target),
        same_key(task, "t", "s"),
    )))
}
