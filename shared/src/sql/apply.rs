//! The change set onto the target.

use crate::catalog::Table;
use crate::planner::Task;
use crate::session::Dialect;

use super::foreign::page;
use super::{Ident, Sql, Temps, list, same_address, spelling, target};

/// Inserts the new rows in key order, which spares an index from being filled at random, or in that of
/// the source where keys are generated.
pub fn insert(dialect: Dialect, task: &Task, temps: &Temps, in_pages: bool) -> Sql {
    let names: Vec<String> = task.columns.iter().map(|c| c.column.name.clone()).collect();
    let values = names.iter().map(|name| match task.late.contains(name) {
        true => "NULL".to_owned(),
        false => format!("s.{}", Ident(name)),
    });
    let values = values.collect::<Vec<_>>().join(", ");
    let columns = names.iter().map(|n| Ident(n).to_string()).collect::<Vec<_>>().join(", ");
    let overriding = if task.plan.override_identity && dialect == Dialect::Postgres {
        " OVERRIDING SYSTEM VALUE"
    } else {
        ""
    };
    let row = task.own_column("_row");
    let order = match task.unique_key() {
        [] => list("s", [&row]),
        key => list("s", key),
    };
    Sql::new(format!(
        "INSERT INTO {} ({columns}){overriding}\nSELECT {values} FROM {} c JOIN {} s ON s.{} = c.s WHERE c.op = 'i'{} ORDER BY {}",
        target(&task.target),
        temps.changes.qualified,
        temps.staging.qualified,
        Ident(&row),
        if in_pages { " AND c.s > $1 AND c.s <= $2" } else { "" },
        order,
    ))
}

/// The greatest ordinal of a row to be inserted.
pub fn last_inserted(temps: &Temps) -> Sql {
    Sql::new(format!("SELECT max(s) FROM {} WHERE op = 'i'", temps.changes.qualified))
}

/// Updates the changed rows; None where no column can change. Of an `insert_only` these are stubs that
/// the source completes. Parameters for a foreign table: the first and the last row of the change set.
pub fn update(dialect: Dialect, task: &Task, temps: &Temps) -> Option<Sql> {
    let sets: Vec<String> = task
        .updated()
        .map(|c| Ident(&c.column.name).to_string())
        .map(|name| format!("{name} = s.{name}"))
        .collect();
    if sets.is_empty() {
        return None;
    }
    Some(Sql::new(format!(
        "UPDATE {} AS t SET {}\nFROM {} c JOIN {} s ON s.{} = c.s WHERE c.op = 'u' AND {}{}",
        target(&task.target),
        sets.join(", "),
        temps.changes.qualified,
        temps.staging.qualified,
        Ident(&task.own_column("_row")),
        same_address(spelling(dialect), &task.target, "c", "t"),
        page(dialect, task, temps, 'u'),
    )))
}

/// Deletes the rows that go: those with op `e` before anything is written, `d` after it. Parameters as
/// those of [`update`].
pub fn delete(dialect: Dialect, task: &Task, temps: &Temps, op: char) -> Sql {
    let spell = spelling(dialect);
    let table = target(&task.target);
    let changes = &temps.changes.qualified;
    Sql::new(match dialect {
        Dialect::Postgres => format!(
            "DELETE FROM {table} AS t USING {changes} c WHERE c.op = '{op}' AND {}{}",
            same_address(spell, &task.target, "c", "t"),
            page(dialect, task, temps, op),
        ),
        Dialect::Sqlite => {
            let names = spell.address_names(&task.target);
            format!(
                "DELETE FROM {table} AS t WHERE ({}) IN (SELECT {} FROM {changes} WHERE op = '{op}')",
                spell.address_of(&task.target, "t").join(", "),
                names.join(", "),
            )
        }
    })
}

/// Raises a sequence that is behind its column: otherwise the application's next insert would
/// draw a number that is taken. `sequence` is quoted and qualified as the catalog gives it.
pub fn raise_sequence(table: &Table, column: &str, sequence: &str) -> Sql {
    Sql::new(format!(
        "SELECT pg_catalog.setval({}::pg_catalog.regclass, m) FROM (SELECT max({}) AS m FROM {}) x\n  \
         WHERE m > (SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END FROM {sequence})",
        super::Quoted(sequence),
        Ident(column),
        target(table),
    ))
}
