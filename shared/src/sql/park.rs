//! Parking: a row whose unique value another row takes gives it up first, as NULL, and gets its own
//! new value by the update that follows.

use crate::catalog::{Address, UniqueKey};
use crate::planner::Task;
use crate::session::Dialect;

use super::{Ident, Sql, Temps, equal, same_address, spelling, target};

/// Selects the addresses, as the change set `c` has them, of the target rows `t` that fit.
pub(super) fn rows(dialect: Dialect, task: &Task, temps: &Temps, joins: &str, condition: &str) -> String {
    let spell = spelling(dialect);
    let names = spell.address_columns(&task.target).into_iter().map(|(name, _)| format!("c.{name}"));
    format!(
        "SELECT DISTINCT {} FROM {} c JOIN {} t ON {}{joins} WHERE {condition}",
        names.collect::<Vec<_>>().join(", "),
        temps.changes.qualified,
        target(&task.target),
        same_address(spell, &task.target, "c", "t"),
    )
}

/// Sets columns of the target rows that `rows` selects to NULL. A row of PostgreSQL has another
/// address then, which the change set is told.
pub(super) fn set_null(dialect: Dialect, task: &Task, temps: &Temps, columns: &[String], rows: &str) -> Sql {
    let spell = spelling(dialect);
    let sets = columns.iter().map(|c| format!("{} = NULL", Ident(c))).collect::<Vec<_>>().join(", ");
    let (table, changes) = (target(&task.target), &temps.changes.qualified);
    Sql::new(match task.target.address {
        Address::Ctid => format!(
            "WITH moved AS (\n  UPDATE {table} AS t SET {sets} FROM ({rows}) x WHERE {}\n  \
             RETURNING x.t_rel AS old_rel, x.t AS old, t.tableoid AS new_rel, t.ctid AS new)\n\
             UPDATE {changes} AS c SET t_rel = m.new_rel, t = m.new FROM moved m WHERE c.t_rel = m.old_rel AND c.t = m.old",
            same_address(spell, &task.target, "x", "t"),
        ),
        Address::Rowid(_) | Address::Key | Address::Columns(_) => format!(
            "UPDATE {table} AS t SET {sets} WHERE ({}) IN ({rows})",
            spell.address_of(&task.target, "t").join(", "),
        ),
    })
}

/// The rows that change or go and hold a value of `unique` which another written row takes.
fn claimed(dialect: Dialect, task: &Task, temps: &Temps, unique: &UniqueKey) -> String {
    let joins = format!(
        " JOIN {} s ON {} JOIN {} w ON w.s = s.{} AND w.op IN ('i', 'u')",
        temps.staging.qualified,
        equal("t", &unique.columns, "s", &unique.columns),
        temps.changes.qualified,
        Ident(&task.own_column("_row")),
    );
    rows(dialect, task, temps, &joins, "c.op IN ('u', 'd') AND (c.s IS NULL OR c.s <> w.s)")
}

/// The rows that must give up a value of one of `uniques` first.
fn parked(dialect: Dialect, task: &Task, temps: &Temps, uniques: &[&UniqueKey]) -> String {
    let rows = uniques.iter().map(|unique| claimed(dialect, task, temps, unique));
    rows.collect::<Vec<_>>().join("\n  UNION ")
}

/// How many rows must give up a value of one of `uniques` first.
pub fn count_parked(dialect: Dialect, task: &Task, temps: &Temps, uniques: &[&UniqueKey]) -> Sql {
    Sql::new(format!("SELECT count(*) FROM ({}) x", parked(dialect, task, temps, uniques)))
}

/// Up to 5 values of `unique`, as text, that rows must give up first.
pub fn example_parked(dialect: Dialect, task: &Task, temps: &Temps, unique: &UniqueKey) -> Sql {
    let spell = spelling(dialect);
    let columns: Vec<String> = unique.columns.iter().map(|c| format!("t.{}", Ident(c))).collect();
    let texts: Vec<String> = columns.iter().map(|c| spell.text(c)).collect();
    Sql::new(format!(
        "SELECT {} FROM ({}) x JOIN {} t ON {} ORDER BY {} LIMIT 5",
        texts.join(", "),
        claimed(dialect, task, temps, unique),
        target(&task.target),
        same_address(spell, &task.target, "x", "t"),
        columns.join(", "),
    ))
}

/// Takes the values of `uniques` from those rows, in one write, by setting `columns` to NULL.
pub fn park(dialect: Dialect, task: &Task, temps: &Temps, uniques: &[&UniqueKey], columns: &[String]) -> Sql {
    set_null(dialect, task, temps, columns, &parked(dialect, task, temps, uniques))
}
