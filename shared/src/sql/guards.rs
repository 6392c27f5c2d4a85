//! Counts that the guards decide by, and those that prove a run.

use crate::planner::{Mark, Task};
use crate::session::Dialect;

use super::scope::in_scope;
use super::{Sql, Temps, imported, same_address, spelling, target};

/// The target's rows in scope that count as imported by this mark: all of them where there is none.
pub fn count_imported(dialect: Dialect, task: &Task, temps: &Temps, mark: Option<&Mark>) -> Sql {
    let spell = spelling(dialect);
    let scope = in_scope(dialect, task, temps).map_or_else(String::new, |v| format!(" JOIN {v}"));
    let filter = mark.map_or_else(String::new, |mark| format!(" WHERE {}", imported(spell, mark, "t")));
    Sql::new(format!("SELECT count(*) FROM {} t{scope}{filter}", target(&task.target)))
}

/// How many rows of the whole table, whatever is in scope, count as imported by this mark.
pub fn count_all_imported(dialect: Dialect, task: &Task, mark: Option<&Mark>) -> Sql {
    let filter =
        mark.map_or_else(String::new, |mark| format!(" WHERE {}", imported(spelling(dialect), mark, "t")));
    Sql::new(format!("SELECT count(*) FROM {} t{filter}", target(&task.target)))
}

/// The rows that count as imported and are preserved all the same: our own row with their key came
/// back, or a change of theirs was not acknowledged.
pub fn count_preserved_imported(dialect: Dialect, task: &Task, temps: &Temps) -> Sql {
    let spell = spelling(dialect);
    let filter =
        task.protecting_mark().map_or_else(String::new, |m| format!(" AND {}", imported(spell, m, "t")));
    Sql::new(format!(
        "SELECT count(*) FROM {} c JOIN {} t ON {} WHERE c.op = 'p'{filter}",
        temps.changes.qualified,
        target(&task.target),
        same_address(spell, &task.target, "c", "t"),
    ))
}

/// The local rows that go because the plan keeps none; None where there are no such rows.
pub fn count_local_deletes(dialect: Dialect, task: &Task, temps: &Temps) -> Option<Sql> {
    let mark = task.origin.as_ref().filter(|_| !task.plan.keep_local)?;
    let spell = spelling(dialect);
    Some(Sql::new(format!(
        "SELECT count(*) FROM {} c JOIN {} t ON {} WHERE c.op = 'd' AND NOT {}",
        temps.changes.qualified,
        target(&task.target),
        same_address(spell, &task.target, "c", "t"),
        imported(spell, mark, "t"),
    )))
}
