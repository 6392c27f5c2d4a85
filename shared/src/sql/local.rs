//! Staged rows whose key belongs to a local row of the target.

use crate::planner::{Mark, Staged, Task};
use crate::session::Dialect;

use super::{Ident, Quoted, Sql, Temps, imported, list, same_address, spelling, target};

/// The compared columns of both sides; the origin column is never the same.
fn compared<'a>(task: &'a Task, mark: &'a Mark) -> impl Iterator<Item = &'a Staged> {
    task.updated().filter(|c| c.column.name != mark.column)
}

/// What joins a preserved staged row `s` to the local row `t` that has its key, where the two
/// differ; None where no column is compared. A row of ours coming back is in no conflict.
fn differing(dialect: Dialect, task: &Task, temps: &Temps, mark: &Mark) -> Option<(String, String)> {
    let spell = spelling(dialect);
    let mut tests = Vec::new();
    let mut names = Vec::new();
    for column in compared(task, mark).map(|c| &c.column) {
        let name = Ident(&column.name);
        let differs = spell.differ(&column.ty, &format!("s.{name}"), &format!("t.{name}"));
        let text = Quoted(&format!(", {}", column.name)).to_string();
        names.push(format!("CASE WHEN {differs} THEN {text} ELSE '' END"));
        tests.push(differs);
    }
    if tests.is_empty() {
        return None;
    }
    let theirs = if mark.from_source { imported(spell, mark, "s") } else { "TRUE".to_owned() };
    let from = format!(
        "{} c JOIN {} s ON s.{} = c.s JOIN {} t ON {} WHERE c.op = 'p' AND {theirs} AND ({})",
        temps.changes.qualified,
        temps.staging.qualified,
        Ident(&task.own_column("_row")),
        target(&task.target),
        same_address(spell, &task.target, "c", "t"),
        tests.join(" OR "),
    );
    Some((from, format!("substr({}, 3)", names.join(" || "))))
}

/// How many staged rows differ from the local row that has their key, and up to 5 of them: rows of
/// (count of all, key columns as text, names of the columns that differ). None where none can.
pub fn find_conflicts(dialect: Dialect, task: &Task, temps: &Temps, mark: &Mark) -> Option<Sql> {
    let (from, names) = differing(dialect, task, temps, mark)?;
    let spell = spelling(dialect);
    let keys: Vec<String> = task.key.iter().map(|k| spell.text(&format!("s.{}", Ident(k)))).collect();
    Some(Sql::new(format!(
        "SELECT count(*) OVER (), {}, {names}\nFROM {from} ORDER BY {} LIMIT 5",
        keys.join(", "),
        list("s", &task.key),
    )))
}

/// Copies the staged rows that differ from the local row that has their key to the refused rows.
pub fn refuse_conflicts(dialect: Dialect, task: &Task, temps: &Temps, mark: &Mark) -> Option<Sql> {
    let (from, names) = differing(dialect, task, temps, mark)?;
    Some(Sql::new(format!(
        "INSERT INTO {} SELECT {}, 'local_conflict', 'a local row has this key and differs in ' || {names}, NULL\nFROM {from}",
        temps.refused.qualified,
        temps.all_columns(task, "s"),
    )))
}

/// Takes refused rows out of the change set's preserved ones.
pub fn drop_preserved(task: &Task, temps: &Temps) -> Sql {
    Sql::new(format!(
        "DELETE FROM {} WHERE op = 'p' AND s IN (SELECT {} FROM {})",
        temps.changes.qualified,
        Ident(&task.own_column("_row")),
        temps.refused.qualified,
    ))
}
