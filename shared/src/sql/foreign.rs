//! Foreign tables: what a statement says besides, so that the other server sends no more than is needed.
//!
//! A condition on a column by itself, against an array, travels to the other server; a join with a local
//! table does not, and would read and lock every row there.

use crate::planner::Task;
use crate::session::Dialect;

use super::{Ident, Sql, Temps, imported, list, spelling, target};

/// The column of a foreign table's change set that numbers its rows from 1.
pub(super) const NUMBER: &str = "n";

/// The target's rows, for a FROM: of a foreign table, where `few` rows are staged, only those that may
/// have the key of one.
pub(super) fn rows(task: &Task, temps: &Temps, few: bool) -> String {
    let table = target(&task.target);
    if !few || !task.is_foreign() {
        return format!("{table} t");
    }
    let conditions = task.key.iter().map(|k| {
        let k = Ident(k);
        format!("t.{k} = ANY (ARRAY(SELECT s.{k} FROM {} s))", temps.staging.qualified)
    });
    format!("(SELECT t.* FROM {table} t WHERE {}) t", conditions.collect::<Vec<_>>().join(" AND "))
}

/// What an UPDATE or DELETE by the change set says of a foreign table besides: the page of the change set
/// from $1 to $2, and which rows of the other server that may be. Nothing for other tables.
pub(super) fn page(dialect: Dialect, task: &Task, temps: &Temps, op: char) -> String {
    if !task.is_foreign() {
        return String::new();
    }
    let spell = spelling(dialect);
    let names = spell.address_names(&task.target);
    let values = spell.address_of(&task.target, "t");
    let changes = &temps.changes.qualified;
    let bounded = |alias: &str| format!("{alias}.{NUMBER} BETWEEN $1 AND $2");
    let conditions = names.iter().zip(values).map(|(name, value)| {
        let page = bounded("x");
        format!(" AND {value} = ANY (ARRAY(SELECT x.{name} FROM {changes} x WHERE x.op = '{op}' AND {page}))")
    });
    format!("\n  AND {}{}", bounded("c"), conditions.collect::<String>())
}

/// The number of the last row of a foreign table's change set; NULL where it is empty.
pub fn last_change(temps: &Temps) -> Sql {
    Sql::new(format!("SELECT max({NUMBER}) FROM {}", temps.changes.qualified))
}

/// Up to 5 keys that more than one row of the target has, or that are NULL in a row which a run may delete:
/// rows of (key columns as text). Where `few` rows are staged, of those only.
pub fn find_unlike_key(dialect: Dialect, task: &Task, temps: &Temps, few: bool) -> Sql {
    let spell = spelling(dialect);
    let key = list("t", &task.key);
    let texts: Vec<String> = task.key.iter().map(|k| spell.text(&format!("t.{}", Ident(k)))).collect();
    let each = |test: &str, word: &str| {
        let tests = task.key.iter().map(|k| format!("t.{} {test}", Ident(k)));
        tests.collect::<Vec<_>>().join(word)
    };
    let (known, unknown) = (each("IS NOT NULL", " AND "), each("IS NULL", " OR "));
    let (filter, nulls) = match (task.write.deletes(), task.protecting_mark()) {
        (false, _) => (format!(" WHERE {known}"), String::new()),
        (true, None) => (String::new(), format!(" OR {unknown}")),
        (true, Some(mark)) => {
            (format!(" WHERE {} OR {known}", imported(spell, mark, "t")), format!(" OR {unknown}"))
        }
    };
    Sql::new(format!(
        "SELECT {} FROM {}{filter} GROUP BY {key} HAVING count(*) > 1{nulls} ORDER BY {key} LIMIT 5",
        texts.join(", "),
        rows(task, temps, few),
    ))
}
