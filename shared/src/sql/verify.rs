//! The two sides of a verification, and examples of what differs.

use crate::catalog::Column;
use crate::plan::Write;
use crate::planner::Task;
use crate::session::Dialect;
use crate::types::ColumnType;

use super::scope::in_scope;
use super::{Ident, Quoted, Spelling, Sql, Temps, imported, list, same_address, same_key, spelling, target};

/// The staged rows that passed and are not preserved.
pub fn verify_source(dialect: Dialect, task: &Task, temps: &Temps, columns: &[&Column]) -> Sql {
    let row = Ident(&task.own_column("_row")).to_string();
    Sql::new(format!(
        "SELECT {} FROM {} s LEFT JOIN {} ON x.s = s.{row} WHERE x.s IS NULL",
        values(dialect, "s", columns),
        temps.staging.qualified,
        preserved(temps),
    ))
}

/// The target's rows that the write speaks of: of those that it deletes from, all imported rows in scope but
/// the retained ones; otherwise those with the key of a source row that is not preserved.
pub fn verify_target(dialect: Dialect, task: &Task, temps: &Temps, columns: &[&Column]) -> Sql {
    let spell = spelling(dialect);
    let (values, table) = (values(dialect, "t", columns), target(&task.target));
    if !task.write.deletes() {
        return Sql::new(format!(
            "SELECT {values} FROM {} s JOIN {table} t ON {} LEFT JOIN {} ON x.s = s.{} WHERE x.s IS NULL",
            temps.staging.qualified,
            same_key(task, "t", "s"),
            preserved(temps),
            Ident(&task.own_column("_row")),
        ));
    }
    let names = spell.address_names(&task.target);
    let absent = names.last().map_or_else(String::new, |name| format!("x.{} IS NULL", Ident(name)));
    let scope = in_scope(dialect, task, temps).map_or_else(String::new, |v| format!(" JOIN {v}"));
    let mine = task
        .protecting_mark()
        .map_or_else(String::new, |mark| format!(" AND {}", imported(spell, mark, "t")));
    Sql::new(format!(
        "SELECT {values} FROM {table} t{scope} LEFT JOIN (SELECT {} FROM {} WHERE op IN ('p', 'r')) x ON {} WHERE {absent}{mine}",
        names.join(", "),
        temps.changes.qualified,
        same_address(spell, &task.target, "x", "t"),
    ))
}

fn preserved(temps: &Temps) -> String {
    format!("(SELECT s FROM {} WHERE op = 'p') x", temps.changes.qualified)
}

/// A column without a type holds values of any: `quote` tells them apart.
fn values(dialect: Dialect, alias: &str, columns: &[&Column]) -> String {
    let values = columns.iter().map(|column| {
        let name = format!("{alias}.{}", Ident(&column.name));
        match (&column.ty, dialect) {
            (ColumnType::Any, Dialect::Sqlite) => format!("quote({name})"),
            _ => name,
        }
    });
    values.collect::<Vec<_>>().join(", ")
}

/// The columns that name a row in an example: its key, or all that identify it where it has none.
fn names(task: &Task) -> Vec<String> {
    if task.key.is_empty() {
        return task.updated().map(|c| c.column.name.clone()).collect();
    }
    task.key.clone()
}

/// Up to `limit` rows with this op, by their keys as text: of the target for `d`, else of the source.
pub fn verify_rows(dialect: Dialect, task: &Task, temps: &Temps, op: char, limit: u32) -> Sql {
    let spell = spelling(dialect);
    let names = names(task);
    let (alias, joined) =
        if op == 'd' { ("t", join_target(spell, task)) } else { ("s", join_staging(task, temps)) };
    Sql::new(format!(
        "SELECT {} FROM {} c{joined} WHERE c.op = '{op}' ORDER BY {} LIMIT {limit}",
        texts(spell, alias, &names),
        temps.changes.qualified,
        list(alias, &names),
    ))
}

/// Up to `limit` refused rows: their key as text, then the reason.
pub fn verify_refused(dialect: Dialect, task: &Task, temps: &Temps, limit: u32) -> Sql {
    Sql::new(format!(
        "SELECT {}, r.{} FROM {} r ORDER BY r.{} LIMIT {limit}",
        texts(spelling(dialect), "r", &names(task)),
        Ident(&task.own_column("_detail")),
        temps.refused.qualified,
        Ident(&task.own_column("_row")),
    ))
}

/// Up to `limit` rows that differ: their key as text, then for each column that is updated NULL where
/// it does not differ, else `{"source": value, "target": value}`.
pub fn verify_different(dialect: Dialect, task: &Task, temps: &Temps, limit: u32) -> Sql {
    let spell = spelling(dialect);
    let names = names(task);
    let mut columns = vec![texts(spell, "s", &names)];
    columns.extend(task.updated().map(|c| {
        let (name, ty) = (Ident(&c.column.name).to_string(), &c.column.ty);
        let (s, t) = (format!("s.{name}"), format!("t.{name}"));
        format!(
            "CASE WHEN {} THEN {} || {} || {} || {} || '}}' END",
            spell.differ(ty, &s, &t),
            Quoted("{\"source\": "),
            spell.quote_json(ty, &s),
            Quoted(", \"target\": "),
            spell.quote_json(ty, &t),
        )
    }));
    Sql::new(format!(
        "SELECT {} FROM {} c{}{} WHERE c.op = 'u' ORDER BY {} LIMIT {limit}",
        columns.join(", "),
        temps.changes.qualified,
        join_staging(task, temps),
        join_target(spell, task),
        list("s", &names),
    ))
}

fn join_staging(task: &Task, temps: &Temps) -> String {
    format!(" JOIN {} s ON s.{} = c.s", temps.staging.qualified, Ident(&task.own_column("_row")))
}

fn join_target(spell: &dyn Spelling, task: &Task) -> String {
    format!(" JOIN {} t ON {}", target(&task.target), same_address(spell, &task.target, "c", "t"))
}

fn texts(spell: &dyn Spelling, alias: &str, names: &[String]) -> String {
    let texts = names.iter().map(|n| spell.text(&format!("{alias}.{}", Ident(n))));
    texts.collect::<Vec<_>>().join(", ")
}

/// The columns that both sides of a verification show, by name: the key, and what is compared.
pub fn verified_columns(task: &Task) -> Vec<&Column> {
    let keys_only = task.write == Write::InsertOnly;
    let counted =
        task.columns.iter().filter(|c| task.key.contains(&c.column.name) || (c.compared && !keys_only));
    let mut columns: Vec<&Column> = counted.map(|c| &c.column).collect();
    columns.sort_by(|a, b| a.name.cmp(&b.name));
    columns
}
