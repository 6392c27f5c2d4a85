//! Counts that the guards decide by, and those that prove a run.

use crate::catalog::ForeignKey;
use crate::planner::{Mark, Task};
use crate::session::Dialect;

use super::scope::in_scope;
use super::{Ident, Sql, Temps, equal, imported, list, qualified, same_address, spelling, target};

/// The target's rows in scope that count as imported by this mark: all of them where there is none.
pub fn count_imported(dialect: Dialect, task: &Task, temps: &Temps, mark: Option<&Mark>) -> Sql {
    let spell = spelling(dialect);
    let scope = in_scope(spell, task, temps).map_or_else(String::new, |v| format!(" JOIN {v}"));
    let filter = mark.map_or_else(String::new, |mark| format!(" WHERE {}", imported(spell, mark, "t")));
    Sql::new(format!("SELECT count(*) FROM {} t{scope}{filter}", target(&task.target)))
}

/// The imported rows that stay because our own row with their key came back; None where none can.
pub fn count_preserved_imported(dialect: Dialect, task: &Task, temps: &Temps) -> Option<Sql> {
    let mark = task.protecting_mark().filter(|mark| mark.from_source)?;
    let spell = spelling(dialect);
    Some(Sql::new(format!(
        "SELECT count(*) FROM {} c JOIN {} t ON {} WHERE c.op = 'p' AND {}",
        temps.changes.qualified,
        target(&task.target),
        same_address(spell, &task.target, "c", "t"),
        imported(spell, mark, "t"),
    )))
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

/// Counts the rows of `key`'s table that will still refer to rows that this run deletes.
pub fn count_referring(
    dialect: Dialect,
    task: &Task,
    temps: &Temps,
    key: &ForeignKey,
    children: &[(&Task, &Temps)],
) -> Sql {
    Sql::new(format!("SELECT count(*) FROM {}", referring(dialect, task, temps, key, children)))
}

/// Turns the deletion of rows that will still be referred to into `r`etained.
pub fn retain_referred(
    dialect: Dialect,
    task: &Task,
    temps: &Temps,
    key: &ForeignKey,
    children: &[(&Task, &Temps)],
) -> Sql {
    let spell = spelling(dialect);
    let names = spell.address_names(&task.target);
    Sql::new(format!(
        "UPDATE {} SET op = 'r' WHERE op = 'd' AND ({}) IN\n  (SELECT {} FROM {})",
        temps.changes.qualified,
        names.join(", "),
        list("d", &names),
        referring(dialect, task, temps, key, children),
    ))
}

/// The doomed rows `d` with the rows of `key`'s table that will still refer to them: not those that
/// the run deletes too, nor those whose reference it rewrites (`children` are its tasks for that
/// table; what their rows refer to then was checked in staging).
fn referring(
    dialect: Dialect,
    task: &Task,
    temps: &Temps,
    key: &ForeignKey,
    children: &[(&Task, &Temps)],
) -> String {
    let spell = spelling(dialect);
    let mut from = format!(
        "{} d JOIN {} p ON {} JOIN {} t ON {}",
        temps.changes.qualified,
        target(&task.target),
        same_address(spell, &task.target, "d", "p"),
        qualified(&key.table.0, &key.table.1),
        equal("p", &key.parent_columns, "t", &key.columns),
    );
    let mut stay = String::new();
    for (i, (child, temps)) in children.iter().enumerate() {
        let rewritten = child.updated().any(|c| key.columns.contains(&c.column.name));
        let ops = if rewritten { "'d', 'u'" } else { "'d'" };
        let names = spell.address_names(&child.target);
        let x = format!("x{i}");
        from.push_str(&format!(
            " LEFT JOIN (SELECT {} FROM {} WHERE op IN ({ops})) {x} ON {}",
            names.join(", "),
            temps.changes.qualified,
            same_address(spell, &child.target, &x, "t"),
        ));
        if let Some(name) = names.last() {
            stay.push_str(&format!(" AND {x}.{} IS NULL", Ident(name)));
        }
    }
    format!("{from} WHERE d.op = 'd'{stay}")
}
