//! Late references: columns that are inserted as NULL because their foreign key closes a circle,
//! set once the rows of all tables are there, and set to NULL again before such rows go.

use crate::planner::Task;
use crate::session::Dialect;

use super::{Ident, Sql, Temps, park, same_key, target};

/// The late columns that staging has values for.
fn staged(task: &Task) -> Vec<&String> {
    task.late.iter().filter(|name| task.staged(name).is_some()).collect()
}

/// The inserted rows (`c`, staged as `s`) that have a late reference; None where the task has none.
fn inserted(task: &Task, temps: &Temps) -> Option<(String, String)> {
    let given: Vec<String> =
        staged(task).into_iter().map(|name| format!("s.{} IS NOT NULL", Ident(name))).collect();
    if given.is_empty() {
        return None;
    }
    let from = format!(
        "{} c JOIN {} s ON s.{} = c.s",
        temps.changes.qualified,
        temps.staging.qualified,
        Ident(&task.own_column("_row"))
    );
    Some((from, format!("c.op = 'i' AND ({})", given.join(" OR "))))
}

/// How many inserted rows have a late reference.
pub fn count_late(task: &Task, temps: &Temps) -> Option<Sql> {
    let (from, condition) = inserted(task, temps)?;
    Some(Sql::new(format!("SELECT count(*) FROM {from} WHERE {condition}")))
}

/// Sets the late references of the inserted rows, which are found by their key.
pub fn bind_late(task: &Task, temps: &Temps) -> Option<Sql> {
    let (from, condition) = inserted(task, temps)?;
    let sets: Vec<String> =
        staged(task).into_iter().map(|name| format!("{0} = s.{0}", Ident(name))).collect();
    Some(Sql::new(format!(
        "UPDATE {} AS t SET {}\nFROM {from} WHERE {condition} AND {}",
        target(&task.target),
        sets.join(", "),
        same_key(task, "t", "s"),
    )))
}

fn doomed(dialect: Dialect, task: &Task, temps: &Temps, op: char) -> String {
    let given: Vec<String> = task.late.iter().map(|name| format!("t.{} IS NOT NULL", Ident(name))).collect();
    park::rows(dialect, task, temps, "", &format!("c.op = '{op}' AND ({})", given.join(" OR ")))
}

/// How many of the rows that go (by this op) still have a late reference.
pub fn count_unlinked(dialect: Dialect, task: &Task, temps: &Temps, op: char) -> Sql {
    Sql::new(format!("SELECT count(*) FROM ({}) x", doomed(dialect, task, temps, op)))
}

/// Sets the late references of the rows that go to NULL, so that nothing stands in the way of what
/// they refer to.
pub fn unlink(dialect: Dialect, task: &Task, temps: &Temps, op: char) -> Sql {
    park::set_null(dialect, task, temps, &task.late, &doomed(dialect, task, temps, op))
}
