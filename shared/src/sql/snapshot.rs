//! Snapshots: the rows of which one is taken, and what is inserted.

use crate::planner::{SnapshotSet, Take, Task, Tracked};
use crate::session::Dialect;

use super::temps::temp;
use super::track::has_key;
use super::{Ident, Sql, TempTable, Temps, same_address, same_key, spelling, target};

/// The temporary table of the staged rows that snapshots are taken of: `s`.
pub fn snapshot_table(dialect: Dialect, set: &SnapshotSet) -> TempTable {
    let spell = spelling(dialect);
    temp(spell, "snapshots", set.ordinal, &[("s".to_owned(), spell.row_type().to_owned())])
}

/// Finds the rows of the change set whose column becomes one of the values. The old values are still there.
pub fn find_snapshots(dialect: Dialect, set: &SnapshotSet, task: &Task, temps: &Temps) -> Sql {
    let spell = spelling(dialect);
    let name = Ident(&set.column);
    let becomes: Vec<String> = set.becomes.iter().map(|value| spell.literal(value)).collect();
    let differ = task.target.column(&set.column).map_or_else(
        || "TRUE".to_owned(),
        |column| spell.differ(&column.ty, &format!("s.{name}"), &format!("t.{name}")),
    );
    Sql::new(format!(
        "INSERT INTO {} (s)\nSELECT c.s FROM {} c JOIN {} s ON s.{} = c.s LEFT JOIN {} t ON {}\n\
         WHERE (c.op = 'i' OR c.op = 'u' AND {differ}) AND s.{name} IN ({})",
        snapshot_table(dialect, set).qualified,
        temps.changes.qualified,
        temps.staging.qualified,
        Ident(&task.own_column("_row")),
        target(&task.target),
        same_address(spell, &task.target, "c", "t"),
        becomes.join(", "),
    ))
}

/// How many they are.
pub fn count_snapshots(dialect: Dialect, set: &SnapshotSet) -> Sql {
    Sql::new(format!("SELECT count(*) FROM {}", snapshot_table(dialect, set).qualified))
}

/// Up to 5 keys of them, as text.
pub fn example_snapshots(dialect: Dialect, set: &SnapshotSet, task: &Task, temps: &Temps) -> Sql {
    let key: Vec<String> = task.key.iter().map(|k| format!("s.{}", Ident(k))).collect();
    let texts: Vec<String> = key.iter().map(|k| spelling(dialect).text(k)).collect();
    Sql::new(format!(
        "SELECT {} FROM {} n JOIN {} s ON s.{} = n.s ORDER BY {} LIMIT 5",
        texts.join(", "),
        snapshot_table(dialect, set).qualified,
        temps.staging.qualified,
        Ident(&task.own_column("_row")),
        key.join(", "),
    ))
}

/// Takes the snapshots, of the rows as they are by now.
pub fn insert_snapshots(dialect: Dialect, set: &SnapshotSet, task: &Task, temps: &Temps) -> Sql {
    Sql::new(format!(
        "{} FROM {} n JOIN {} s ON s.{} = n.s JOIN {} t ON {} ORDER BY n.s",
        selected(dialect, set),
        snapshot_table(dialect, set).qualified,
        temps.staging.qualified,
        Ident(&task.own_column("_row")),
        target(&task.target),
        same_key(task, "t", "s"),
    ))
}

/// How many rows there are of a key, which is 1 or 0. Parameter: the key, a JSON array of texts.
pub fn count_of_key(dialect: Dialect, row: &Tracked) -> Sql {
    Sql::new(format!(
        "SELECT count(*) FROM {} t WHERE {}",
        target(&row.table),
        has_key(dialect, row, "t", "$1"),
    ))
}

/// Takes the snapshot of one row. Parameter: its key, a JSON array of texts.
pub fn insert_snapshot_of(dialect: Dialect, set: &SnapshotSet, row: &Tracked) -> Sql {
    Sql::new(format!(
        "{} FROM {} t WHERE {}",
        selected(dialect, set),
        target(&row.table),
        has_key(dialect, row, "t", "$1"),
    ))
}

fn selected(dialect: Dialect, set: &SnapshotSet) -> String {
    let columns: Vec<String> = set.values.iter().map(|(name, _)| Ident(name).to_string()).collect();
    let values = set.values.iter().map(|(_, take)| match take {
        Take::Column(name) => format!("t.{}", Ident(name)),
        Take::Constant(value) => spelling(dialect).literal(value),
    });
    let values = values.collect::<Vec<_>>().join(", ");
    format!("INSERT INTO {} ({})\nSELECT {values}", target(&set.into), columns.join(", "))
}
