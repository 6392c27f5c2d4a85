//! What the other listings of a table do to the row that a staged row speaks of. Change sets are made
//! before anything is written, so a listing is compared with the target as the earlier ones will leave
//! it, and leaves alone what a later one will set anyway.

use crate::catalog::Default;
use crate::plan::Write;
use crate::planner::Task;
use crate::session::Dialect;

use super::{Ident, Temps, equal, imported, spelling};

/// The other listings of a task's table, joined to its staging `s`: staging and change set of the
/// earlier ones as `e0`, `f0`, ..., staging of the later ones as `l0`, ...
pub(super) struct Listings<'a> {
    task: &'a Task,
    /// What follows the join of staging and target; empty for a table that is listed once.
    pub joins: String,
}

impl<'a> Listings<'a> {
    pub fn new(dialect: Dialect, task: &'a Task) -> Listings<'a> {
        let mut joins = String::new();
        let same_key = |alias: &str| equal(alias, &task.key, "s", &task.key);
        for (i, earlier) in task.earlier.iter().enumerate() {
            let temps = Temps::of(dialect, earlier);
            joins.push_str(&format!(
                "\n  LEFT JOIN {} e{i} ON {} LEFT JOIN {} f{i} ON f{i}.s = e{i}.{}",
                temps.staging.qualified,
                same_key(&format!("e{i}")),
                temps.changes.qualified,
                Ident(&earlier.own_column("_row")),
            ));
        }
        for (i, later) in task.later.iter().enumerate().filter(|(_, l)| l.write == Write::Upsert) {
            let alias = format!("l{i}");
            let mark = later.protecting_mark().filter(|m| m.from_source);
            let mine = mark.map(|m| format!(" AND {}", imported(spelling(dialect), m, &alias)));
            joins.push_str(&format!(
                "\n  LEFT JOIN {} {alias} ON {}{}",
                Temps::of(dialect, later).staging.qualified,
                same_key(&alias),
                mine.unwrap_or_default(),
            ));
        }
        Listings { task, joins }
    }

    /// The conditions under which an earlier listing inserts the row.
    pub fn inserted(&self) -> Vec<String> {
        (0..self.task.earlier.len()).map(|i| format!("coalesce(f{i}.op = 'i', FALSE)")).collect()
    }

    /// The value that a column will have when this listing's turn comes.
    pub fn value(&self, column: &str) -> String {
        let name = Ident(column);
        let mut value = format!("t.{name}");
        for (i, earlier) in self.task.earlier.iter().enumerate() {
            let Some(staged) = earlier.columns.iter().find(|c| c.column.name == column) else { continue };
            let updates = earlier.write == Write::Upsert && staged.compared;
            let ops = if updates { "'i', 'u'" } else { "'i'" };
            value = format!("CASE WHEN f{i}.op IN ({ops}) THEN e{i}.{name} ELSE {value} END");
        }
        value
    }

    /// The conditions under which the row will have values that are not known before it is inserted:
    /// defaults of columns that the listing which inserts it does not fill.
    pub fn unknown(&self) -> Vec<String> {
        let filled_by_default = |earlier: &Task| {
            let here = self.task.updated().filter(|c| c.column.default != Default::None);
            here.map(|c| &c.column.name).any(|name| !earlier.stages(std::slice::from_ref(name)))
        };
        let earlier = self.task.earlier.iter().zip(self.inserted());
        earlier.filter(|(task, _)| filled_by_default(task)).map(|(_, condition)| condition).collect()
    }

    /// The conditions under which no later listing sets a column anyway, after ` AND `.
    pub fn last_word(&self, column: &str) -> String {
        let mut text = String::new();
        for (i, later) in self.task.later.iter().enumerate().filter(|(_, l)| l.write == Write::Upsert) {
            if later.updated().any(|c| c.column.name == column) {
                text.push_str(&format!(" AND l{i}.{} IS NULL", Ident(&later.own_column("_row"))));
            }
        }
        text
    }
}
