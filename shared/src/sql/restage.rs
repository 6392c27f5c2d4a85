//! Quarantined rows on their way back into staging.

use crate::planner::Task;
use crate::session::Dialect;

use super::quarantine::row_data;
use super::{Ident, Sql, TempTable, spelling};

/// A page of a table's quarantine: rows of (key, row). Parameters: phase, table, the last key of the
/// page before, how many.
pub fn quarantine_page(dialect: Dialect) -> Sql {
    let spell = spelling(dialect);
    Sql::new(format!(
        "SELECT row_key, {} FROM {} WHERE phase = $1 AND table_name = $2 AND row_key > $3 ORDER BY row_key LIMIT $4",
        spell.text("row_data"),
        spell.own("quarantine"),
    ))
}

/// Takes those of the first `restaged` rows out of `table`, which is staging or the refused rows,
/// whose key a later row of `newer`, one of these two, has.
pub fn supersede(task: &Task, table: &TempTable, newer: &TempTable, restaged: i64) -> Sql {
    let row = Ident(&task.own_column("_row")).to_string();
    let keys = task.key.iter().map(|k| Ident(k).to_string()).collect::<Vec<_>>().join(", ");
    Sql::new(format!(
        "DELETE FROM {} WHERE {row} <= {restaged} AND ({keys}) IN (SELECT {keys} FROM {} WHERE {row} > {restaged})",
        table.qualified, newer.qualified,
    ))
}

/// Takes those of the first `restaged` rows out of `table` that lack a part of the key and that a
/// later row of it equals: such a row is known by all its values, those that did not fit included
/// (`data`, of refused rows).
pub fn supersede_keyless(dialect: Dialect, task: &Task, table: &TempTable, data: bool, restaged: i64) -> Sql {
    let own = |name: &str| Ident(&task.own_column(name)).to_string();
    let (row, last) = (own("_row"), own("_last"));
    let data = if data { format!(", r.{}", own("_data")) } else { String::new() };
    let unknown = task.key.iter().map(|k| format!("r.{} IS NULL", Ident(k))).collect::<Vec<_>>().join(" OR ");
    Sql::new(format!(
        "DELETE FROM {table} WHERE {row} IN (SELECT {row} FROM\n  \
         (SELECT r.{row}, max(r.{row}) OVER (PARTITION BY {}{data}) AS {last} FROM {table} r WHERE {unknown}) e\n  \
         WHERE {row} <= {restaged} AND {last} > {restaged})",
        row_data(dialect, task, "r"),
        table = table.qualified,
    ))
}
