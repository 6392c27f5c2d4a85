//! References of staged rows: to what this run stages, and to what stays in the targets.

use crate::plan::Write;
use crate::planner::{Link, Parent, Stubs, Task};
use crate::session::Dialect;

use super::matching::matching;
use super::scope::in_scope;
use super::stub::{open, stub_table};
use super::{Ident, Sql, Temps, imported, list, qualified, same_address, same_key, spelling, target};

/// What a reference may lead to.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// The tasks of the run, by index.
    pub tasks: &'a [Task],
    pub temps: &'a [Temps],
    pub stubs: &'a Stubs,
}

impl<'a> Known<'a> {
    /// These tasks, with their indexes.
    pub(super) fn of(&self, indexes: &[usize]) -> impl Iterator<Item = (usize, &'a Task, &'a Temps)> {
        let (tasks, temps) = (self.tasks, self.temps);
        indexes.iter().filter_map(|i| Some((*i, tasks.get(*i)?, temps.get(*i)?)))
    }

    /// The values that the referred columns will have once the run is through: staged rows that
    /// passed, and target rows that stay. Of a target only those that rows of `referring` ask for: a small
    /// run need not read large tables.
    fn rows(&self, dialect: Dialect, link: &Link, referring: &str) -> String {
        let columns = |alias: &str| list(alias, &link.parent_columns);
        let asked = asked(&link.parent_columns, referring, &link.columns);
        let mut parts = Vec::new();
        let unsized_part = (dialect == Dialect::Sqlite).then(|| of_any_size(link.columns.len(), referring));
        let stubs = link.parent_id(self.tasks).and_then(|id| self.stubs.of(&id, &link.parent_columns));
        if let Some(set) = stubs {
            parts.push(format!("SELECT {} FROM {} k", columns("k"), stub_table(dialect, set).qualified));
        }
        let indexes = match &link.parent {
            Parent::Table { schema, name } => {
                parts.insert(
                    0,
                    format!(
                        "SELECT DISTINCT {} FROM {} t WHERE {asked}",
                        columns("t"),
                        qualified(schema, name)
                    ),
                );
                parts.extend(unsized_part);
                return parts.join(" UNION ");
            }
            Parent::Tasks(indexes) => indexes,
        };
        for (index, task, temps) in self.of(indexes) {
            // Columns of the parent that are not staged are the database's to fill.
            if task.stages(&link.parent_columns) {
                let filter = match task.protecting_mark().filter(|mark| mark.from_source) {
                    Some(mark) => format!(" WHERE {}", imported(spelling(dialect), mark, "s")),
                    None => String::new(),
                };
                parts.push(format!("SELECT {} FROM {} s{filter}", columns("s"), temps.staging.qualified));
            }
            stay(dialect, task, temps, &link.parent_columns, Some(&asked), &mut parts);
            // Stubs of earlier runs stay while something refers to them.
            if task.write.deletes() && self.stubs.is_open(index) {
                let open = open(dialect, task, "t");
                parts.push(format!("SELECT {} FROM {} t WHERE {open}", columns("t"), target(&task.target)));
            }
        }
        parts.extend(unsized_part);
        parts.join(" UNION ")
    }
}

/// Selects nothing, in so many columns, of a table of ours. SQLite takes what IN finds for 25 rows, and from 3.41
/// on looks at all of so few for each row that is joined to them; beside what might hold as many rows as a table of
/// unknown size it makes an index.
pub(super) fn of_any_size(columns: usize, table: &str) -> String {
    format!("SELECT {} FROM {table} s WHERE FALSE", vec!["NULL"; columns].join(", "))
}

/// Whether the values of `names` in a target row `t` are among those of `columns` in the rows of `table`.
pub(super) fn asked(names: &[String], table: &str, columns: &[String]) -> String {
    format!("({}) IN (SELECT {} FROM {table} s)", list("t", names), list("s", columns))
}

/// Selects `columns` of the target rows `t` that a run leaves where they are: all of them where
/// nothing is deleted; otherwise local ones, those out of scope, and those whose newest version was
/// refused. What `delete_insert` keeps only its matching can tell: a row that it changes has the staged
/// values, and its own in columns that are not staged. Rows for which `asked` does not hold may be left out.
pub(super) fn stay(
    dialect: Dialect,
    task: &Task,
    temps: &Temps,
    names: &[String],
    asked: Option<&str>,
    parts: &mut Vec<String>,
) {
    let spell = spelling(dialect);
    let filter = |condition: Option<String>| {
        let all: Vec<String> = condition.into_iter().chain(asked.map(str::to_owned)).collect();
        if all.is_empty() { String::new() } else { format!(" WHERE {}", all.join(" AND ")) }
    };
    let columns = &list("t", names);
    let table = target(&task.target);
    let retained = || {
        let (refused, key) = (&temps.refused.qualified, same_key(task, "t", "s"));
        format!("SELECT {columns} FROM {table} t JOIN {refused} s ON {key}")
    };
    match task.write {
        Write::Upsert | Write::InsertOnly => {
            parts.push(format!("SELECT {columns} FROM {table} t{}", filter(None)));
        }
        Write::Replace => {
            if let Some(mark) = task.protecting_mark() {
                let local = format!("NOT {}", imported(spell, mark, "t"));
                parts.push(format!("SELECT {columns} FROM {table} t{}", filter(Some(local))));
            }
            // Our own rows coming back are not written, and keep whatever row has their key.
            if let Some(mark) = task.protecting_mark().filter(|mark| mark.from_source) {
                parts.push(format!(
                    "SELECT {columns} FROM {table} t JOIN {} s ON {} WHERE NOT {}",
                    temps.staging.qualified,
                    same_key(task, "t", "s"),
                    imported(spell, mark, "s"),
                ));
            }
            if let Some(scope) = in_scope(dialect, task, temps) {
                let out = filter(Some("v.hit IS NULL".to_owned()));
                parts.push(format!("SELECT {columns} FROM {table} t LEFT JOIN {scope}{out}"));
            }
            parts.push(retained());
        }
        Write::DeleteInsert => {
            let absent = spell.address_columns(&task.target).pop().map_or_else(String::new, |(name, _)| name);
            let matching = matching(dialect, task, temps);
            let same = same_address(spell, &task.target, "x", "t");
            let staged = task.stages_any(names);
            let ops = if staged { "'d', 'u'" } else { "'d'" };
            // The matching's addresses have no affinity: SQLite makes an index of them only for what has none
            // either. It reads the whole table, so that to ask for few rows of it would spare nothing.
            let own = if dialect == Dialect::Sqlite { "+t" } else { "t" };
            let own = same_address(spell, &task.target, "x", own);
            parts.push(format!(
                "SELECT {columns} FROM {table} t LEFT JOIN ({matching}) x ON {own} AND x.op IN ({ops}) WHERE x.{absent} IS NULL",
            ));
            if staged && !task.stages(names) {
                parts.push(format!(
                    "SELECT {} FROM {table} t JOIN ({matching}) x ON {same} AND x.op = 'u' JOIN {} s ON s.{} = x.s",
                    rewritten(task, names),
                    temps.staging.qualified,
                    Ident(&task.own_column("_row")),
                ));
            }
            if !task.key.is_empty() {
                parts.push(retained());
            }
        }
    }
}

/// The values of a target row `t` that staged row `s` rewrites: its own in columns that are not written.
pub(super) fn rewritten(task: &Task, names: &[String]) -> String {
    let side = |name: &String| if task.staged(name).is_some_and(|c| c.compared) { "s" } else { "t" };
    names.iter().map(|name| format!("{}.{}", side(name), Ident(name))).collect::<Vec<_>>().join(", ")
}

/// The pieces of a statement that looks for staged rows `s` that refer to nothing.
pub(super) struct Probes {
    pub with: String,
    pub joins: String,
    /// Per link, the condition that its reference is missing. A reference with a NULL in it
    /// refers to nothing on purpose and is not missing (MATCH SIMPLE).
    pub missing: Vec<String>,
}

/// Of the rows of `referring`, the table of the staged rows.
pub(super) fn probes(dialect: Dialect, links: &[&Link], known: Known<'_>, referring: &str) -> Probes {
    let mut probes = Probes { with: String::new(), joins: String::new(), missing: Vec::new() };
    for (i, link) in links.iter().enumerate() {
        let names: Vec<String> = (0..link.columns.len()).map(|n| format!("c{n}")).collect();
        let lead = if i == 0 { "WITH" } else { ",\n " };
        // A WITH clause can name the columns in both dialects, a subquery's alias cannot.
        probes.with.push_str(&format!(
            "{lead} k{i} ({}) AS ({})",
            names.join(", "),
            known.rows(dialect, link, referring)
        ));
        let on = super::equal("s", &link.columns, &format!("r{i}"), &names);
        probes.joins.push_str(&format!(" LEFT JOIN k{i} r{i} ON {on}"));
        let given: Vec<String> = link.columns.iter().map(|c| format!("s.{} IS NOT NULL", Ident(c))).collect();
        probes.missing.push(format!("({} AND r{i}.c0 IS NULL)", given.join(" AND ")));
    }
    probes
}

/// How a link reads in a message: `tailnum is not in planes`.
fn missing_text(link: &Link, known: Known<'_>) -> String {
    let columns = link.columns.join(", ");
    let columns = if link.columns.len() > 1 { format!("({columns})") } else { columns };
    let parent = match &link.parent {
        Parent::Tasks(indexes) => {
            indexes.first().and_then(|i| known.tasks.get(*i)).map_or("", |t| t.target.name.as_str())
        }
        Parent::Table { name, .. } => name,
    };
    format!("{columns} is not in {parent}")
}

/// Copies the staged rows that refer to nothing to the refused rows, with all their reasons.
pub fn refuse_missing(
    dialect: Dialect,
    task: &Task,
    temps: &Temps,
    links: &[&Link],
    known: Known<'_>,
) -> Sql {
    let Probes { with, joins, missing } = probes(dialect, links, known, &temps.staging.qualified);
    let reasons = links.iter().zip(&missing).map(|(link, condition)| {
        let text = super::Quoted(&format!("; {}", missing_text(link, known))).to_string();
        format!("CASE WHEN {condition} THEN {text} ELSE '' END")
    });
    Sql::new(format!(
        "{with}\nINSERT INTO {} SELECT {}, 'missing_reference', substr({}, 3), NULL\nFROM {} s{joins}\nWHERE {}",
        temps.refused.qualified,
        temps.all_columns(task, "s"),
        reasons.collect::<Vec<_>>().join(" || "),
        temps.staging.qualified,
        missing.join(" OR "),
    ))
}

/// Takes the refused rows out of staging.
pub fn remove_refused(task: &Task, temps: &Temps) -> Sql {
    let row = task.own_column("_row");
    let row = Ident(&row);
    Sql::new(format!(
        "DELETE FROM {} WHERE {row} IN (SELECT {row} FROM {})",
        temps.staging.qualified, temps.refused.qualified
    ))
}

/// Sets one missing reference to NULL.
pub fn null_missing(dialect: Dialect, task: &Task, temps: &Temps, link: &Link, known: Known<'_>) -> Sql {
    let Probes { with, joins, missing } = probes(dialect, &[link], known, &temps.staging.qualified);
    let row = task.own_column("_row");
    let row = Ident(&row);
    let sets = link.columns.iter().map(|c| format!("{} = NULL", Ident(c))).collect::<Vec<_>>();
    Sql::new(format!(
        "{with}\nUPDATE {staging} SET {} WHERE {row} IN\n  (SELECT s.{row} FROM {staging} s{joins} WHERE {})",
        sets.join(", "),
        missing.join(" OR "),
        staging = temps.staging.qualified,
    ))
}

/// How many staged rows have this reference missing, and up to 5 of its values: rows of
/// (count of all, columns as text).
pub fn find_missing(dialect: Dialect, temps: &Temps, link: &Link, known: Known<'_>) -> Sql {
    let spell = spelling(dialect);
    let Probes { with, joins, missing } = probes(dialect, &[link], known, &temps.staging.qualified);
    let names: Vec<String> = link.columns.iter().map(|c| format!("s.{}", Ident(c))).collect();
    let texts = names.iter().map(|n| spell.text(n)).collect::<Vec<_>>().join(", ");
    let names = names.join(", ");
    Sql::new(format!(
        "{with}\nSELECT CAST(sum(count(*)) OVER () AS bigint), {texts}\nFROM {} s{joins}\nWHERE {} GROUP BY {names} ORDER BY {names} LIMIT 5",
        temps.staging.qualified,
        missing.join(" OR "),
    ))
}
