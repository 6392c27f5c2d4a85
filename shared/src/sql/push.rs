//! Local changes on their way to a relation: the rows as they are now, and those that are gone.

use crate::planner::{Gone, Task, Tracked};
use crate::session::Dialect;

use super::temps::temp;
use super::track::has_key;
use super::{Ident, Quoted, Sql, TempTable, Temps, spelling, target};

/// The tables with changes in batches: rows of (table). Parameter: phase.
pub fn leaving_tables(dialect: Dialect) -> Sql {
    Sql::new(format!(
        "SELECT DISTINCT table_name FROM {} WHERE phase = $1 AND batch IS NOT NULL ORDER BY table_name",
        spelling(dialect).own("change")
    ))
}

/// The keys of a table that are in batches, as `row_key`.
fn keys(dialect: Dialect, tracked: &Tracked) -> String {
    format!(
        "SELECT DISTINCT row_key FROM {} WHERE phase = {} AND table_name = {} AND batch IS NOT NULL",
        spelling(dialect).own("change"),
        Quoted(&tracked.phase),
        Quoted(&tracked.name),
    )
}

/// Columns of the changed rows that are there.
pub fn changed_rows(dialect: Dialect, tracked: &Tracked, columns: &[&str]) -> Sql {
    let columns: Vec<String> = columns.iter().map(|c| format!("t.{}", Ident(c))).collect();
    Sql::new(format!(
        "SELECT {} FROM ({}) e JOIN {} t ON {}",
        columns.join(", "),
        keys(dialect, tracked),
        target(&tracked.table),
        has_key(dialect, tracked, "t", "e.row_key"),
    ))
}

/// The temporary table of the keys of changed rows that are not there any more.
pub fn gone_table(dialect: Dialect, task: &Task) -> TempTable {
    temp(spelling(dialect), "gone", task.ordinal, &[("row_key".to_owned(), "text".to_owned())])
}

/// Fills it.
pub fn fill_gone(dialect: Dialect, gone: &Gone, into: &TempTable) -> Sql {
    let tracked = &gone.tracked;
    let first = tracked.key.first().map_or_else(String::new, |k| format!("t.{}", Ident(k)));
    Sql::new(format!(
        "INSERT INTO {} SELECT e.row_key FROM ({}) e LEFT JOIN {} t ON {} WHERE {first} IS NULL",
        into.qualified,
        keys(dialect, tracked),
        target(&tracked.table),
        has_key(dialect, tracked, "t", "e.row_key"),
    ))
}

/// Adds the target's rows that have these keys to the change set, to be deleted. Where they are `few`,
/// another server is asked for them alone.
pub fn delete_gone(
    dialect: Dialect,
    task: &Task,
    temps: &Temps,
    gone: &Gone,
    (keys, few): (&TempTable, bool),
) -> Sql {
    let spell = spelling(dialect);
    let there = Tracked { table: task.target.clone(), key: gone.key.clone(), ..gone.tracked.clone() };
    let keys = &keys.qualified;
    let narrow = gone.key.iter().enumerate().filter(|_| few && task.is_foreign()).map(|(i, name)| {
        let ty = task.target.column(name).map_or("", |c| &c.sql_type);
        let item = spell.item("row_key", i);
        format!("\n  AND t.{} = ANY (ARRAY(SELECT {item}::{ty} FROM {keys}))", Ident(name))
    });
    Sql::new(format!(
        "INSERT INTO {} (op, s, {})\nSELECT 'd', NULL, {} FROM {keys} e JOIN {} t ON {}{}",
        temps.changes.qualified,
        spell.address_names(&task.target).join(", "),
        spell.address_of(&task.target, "t").join(", "),
        target(&task.target),
        has_key(dialect, &there, "t", "e.row_key"),
        narrow.collect::<String>(),
    ))
}
