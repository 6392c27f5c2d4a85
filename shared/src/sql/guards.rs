//! Counts that the guards decide by, and those that prove a run.

use crate::catalog::ForeignKey;
use crate::planner::{Mark, Task};
use crate::session::Dialect;

use super::scope::in_scope;
use super::{Ident, Sql, Temps, equal, imported, qualified, same_address, spelling, target};

/// The target's rows in scope that count as imported by this mark: all of them where there is none.
pub fn count_imported(dialect: Dialect, task: &Task, temps: &Temps, mark: Option<&Mark>) -> Sql {
    let spell = spelling(dialect);
    let scope = in_scope(spell, task, temps).map_or_else(String::new, |v| format!(" JOIN {v}"));
    let filter = mark.map_or_else(String::new, |mark| format!(" WHERE {}", imported(spell, mark, "t")));
    Sql::new(format!("SELECT count(*) FROM {} t{scope}{filter}", target(&task.target)))
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

/// The rows of `key`'s table that will still refer to rows that this run deletes: not those that
/// it deletes too, nor those whose reference it rewrites (`child`, where the run writes it; what
/// they refer to then was checked in staging).
pub fn count_referring(
    dialect: Dialect,
    task: &Task,
    temps: &Temps,
    key: &ForeignKey,
    child: Option<(&Task, &Temps)>,
) -> Sql {
    let spell = spelling(dialect);
    let from = format!(
        "{} d JOIN {} p ON {} JOIN {} t ON {}",
        temps.changes.qualified,
        target(&task.target),
        same_address(spell, &task.target, "d", "p"),
        qualified(&key.table.0, &key.table.1),
        equal("p", &key.parent_columns, "t", &key.columns),
    );
    let Some((child, child_temps)) = child else {
        return Sql::new(format!("SELECT count(*) FROM {from} WHERE d.op = 'd'"));
    };
    let ops = if child.updated().any(|c| key.columns.contains(&c.column.name)) { "'d', 'u'" } else { "'d'" };
    let names: Vec<String> = spell.address_columns(&child.target).into_iter().map(|(name, _)| name).collect();
    let absent = names.last().map_or_else(String::new, |name| format!("x.{} IS NULL", Ident(name)));
    Sql::new(format!(
        "SELECT count(*) FROM {from} LEFT JOIN (SELECT {} FROM {} WHERE op IN ({ops})) x ON {} WHERE d.op = 'd' AND {absent}",
        names.join(", "),
        child_temps.changes.qualified,
        same_address(spell, &child.target, "x", "t"),
    ))
}
