//! Stubs: which are needed, which are made, and the table that lists them.

use crate::planner::{Link, StubSet, Task};
use crate::session::Dialect;
use crate::types::ColumnType;

use super::references::{Known, Probes, probes};
use super::scope::in_scope;
use super::temps::temp;
use super::{Ident, Quoted, Sql, TempTable, Temps, equal, imported, list};
use super::{same_key, spelling, target};

/// The temporary table of the stubs that a set needs: its columns, typed like the table's.
pub fn stub_table(dialect: Dialect, set: &StubSet) -> TempTable {
    let columns = set.columns();
    let typed = columns.iter().filter_map(|name| set.parent.column(name));
    let columns: Vec<(String, String)> =
        typed.map(|c| (Ident(&c.name).to_string(), c.sql_type.clone())).collect();
    temp(spelling(dialect), "stubs", set.ordinal, &columns)
}

/// What refers to stubs: the rows of a task's staging, or those of another set.
#[derive(Debug, Clone, Copy)]
pub enum Referring<'a> {
    Staging(&'a Temps),
    Set(&'a StubSet),
}

impl Referring<'_> {
    fn table(self, dialect: Dialect) -> String {
        match self {
            Referring::Staging(temps) => temps.staging.qualified.clone(),
            Referring::Set(set) => stub_table(dialect, set).qualified,
        }
    }
}

/// Adds the rows that a reference misses to the set it leads to.
pub fn collect_stubs(
    dialect: Dialect,
    set: &StubSet,
    from: Referring<'_>,
    link: &Link,
    known: Known<'_>,
) -> Sql {
    let Probes { with, joins, missing } = probes(dialect, &[link], known, &from.table(dialect));
    let literals = set.fixed.iter().map(|(_, value)| format!(", {}", spelling(dialect).literal(value)));
    Sql::new(format!(
        "{with}\nINSERT INTO {} SELECT d.*{} FROM (SELECT DISTINCT {} FROM {} s{joins} WHERE {}) d",
        stub_table(dialect, set).qualified,
        literals.collect::<String>(),
        list("s", columns_of(set, link)),
        from.table(dialect),
        missing.join(" AND "),
    ))
}

/// The referring columns in the order of the set's key.
fn columns_of<'a>(set: &'a StubSet, link: &'a Link) -> impl Iterator<Item = &'a String> {
    let column = |key: &String| link.parent_columns.iter().position(|p| p == key);
    set.key.iter().filter_map(move |key| link.columns.get(column(key)?))
}

/// Takes out of the set what nothing refers to any more.
pub fn prune_stubs(dialect: Dialect, set: &StubSet, from: &[(Referring<'_>, &Link)]) -> Sql {
    let stubs = stub_table(dialect, set).qualified;
    let key = list("k", &set.key);
    let needed = from.iter().map(|(from, link)| {
        let on = equal("k", &link.parent_columns, "s", &link.columns);
        format!("SELECT {key} FROM {stubs} k JOIN {} s ON {on}", from.table(dialect))
    });
    let key = set.key.iter().map(|k| Ident(k).to_string()).collect::<Vec<_>>().join(", ");
    Sql::new(format!(
        "DELETE FROM {stubs} WHERE ({key}) NOT IN ({})",
        needed.collect::<Vec<_>>().join(" UNION ALL ")
    ))
}

/// The stubs of a set that are not there yet.
fn absent(dialect: Dialect, set: &StubSet) -> String {
    format!(
        "{} k LEFT JOIN {} t ON {} WHERE t.{} IS NULL",
        stub_table(dialect, set).qualified,
        target(&set.parent),
        equal("t", &set.key, "k", &set.key),
        Ident(set.key.first().map_or("", |k| k)),
    )
}

/// How many stubs a set has to make.
pub fn count_stubs(dialect: Dialect, set: &StubSet) -> Sql {
    Sql::new(format!("SELECT count(*) FROM {}", absent(dialect, set)))
}

/// How many of them are in the scope of the task that writes their table.
pub fn count_stubs_in_scope(dialect: Dialect, set: &StubSet, task: &Task, temps: &Temps) -> Sql {
    let Some(scope) = in_scope(dialect, task, temps) else { return count_stubs(dialect, set) };
    Sql::new(format!(
        "SELECT count(*) FROM (SELECT k.* FROM {}) t JOIN {scope} WHERE v.hit IS NOT NULL",
        absent(dialect, set)
    ))
}

/// Makes the stubs of a set.
pub fn insert_stubs(dialect: Dialect, set: &StubSet) -> Sql {
    let columns = set.columns();
    let names = columns.iter().map(|n| Ident(n).to_string()).collect::<Vec<_>>().join(", ");
    let overriding =
        if set.overriding && dialect == Dialect::Postgres { " OVERRIDING SYSTEM VALUE" } else { "" };
    Sql::new(format!(
        "INSERT INTO {} ({names}){overriding}\nSELECT {} FROM {} ORDER BY {}",
        target(&set.parent),
        list("k", &columns),
        absent(dialect, set),
        list("k", &set.key),
    ))
}

/// Up to 5 keys of the stubs that a set makes, as text.
pub fn example_stubs(dialect: Dialect, set: &StubSet) -> Sql {
    let texts: Vec<String> =
        set.key.iter().map(|k| spelling(dialect).text(&format!("k.{}", Ident(k)))).collect();
    Sql::new(format!(
        "SELECT {} FROM {} ORDER BY {} LIMIT 5",
        texts.join(", "),
        absent(dialect, set),
        list("k", &set.key)
    ))
}

/// Adds to the change set of an `insert_only` the stubs that the source completes: rows that it never
/// inserted, so that they are still to be filled.
pub fn fill_stubs(dialect: Dialect, task: &Task, temps: &Temps) -> Option<Sql> {
    let spell = spelling(dialect);
    let differences: Vec<String> = task
        .updated()
        .map(|c| (Ident(&c.column.name), &c.column.ty))
        .map(|(name, ty)| spell.differ(ty, &format!("s.{name}"), &format!("t.{name}")))
        .collect();
    if differences.is_empty() {
        return None;
    }
    let mut conditions = vec![open(dialect, task, "t"), format!("({})", differences.join(" OR "))];
    if let Some(mark) = task.protecting_mark() {
        conditions.push(imported(spell, mark, "t"));
        conditions.extend(mark.from_source.then(|| imported(spell, mark, "s")));
    }
    let row = task.own_column("_row");
    let row = Ident(&row);
    let changes = &temps.changes.qualified;
    let names: Vec<String> = spell.address_columns(&task.target).into_iter().map(|(name, _)| name).collect();
    Some(Sql::new(format!(
        "INSERT INTO {changes} (op, s, {})\nSELECT 'u', s.{row}, {} FROM {} s JOIN {} t ON {} LEFT JOIN {changes} c ON c.s = s.{row}\nWHERE c.s IS NULL AND {}",
        names.join(", "),
        spell.address_of(&task.target, "t").join(", "),
        temps.staging.qualified,
        target(&task.target),
        same_key(task, "t", "s"),
        conditions.join(" AND "),
    )))
}

/// A row's key as a JSON array of texts: the same in both databases.
fn row_key(dialect: Dialect, key: &[String], alias: &str) -> String {
    let spell = spelling(dialect);
    let text = ColumnType::Text { max_chars: None };
    let parts = key.iter().map(|k| spell.quote_json(&text, &spell.text(&format!("{alias}.{}", Ident(k)))));
    format!("'[' || {} || ']'", parts.collect::<Vec<_>>().join(" || ',' || "))
}

/// The entries of a table whose row is still a stub, as a source of `q.row_key`.
fn entries(dialect: Dialect, task: &Task) -> String {
    format!(
        "{} q WHERE q.table_name = {} AND q.completed_run IS NULL",
        spelling(dialect).own("stub"),
        Quoted(&task.name)
    )
}

/// Whether `alias`'s row is a stub of an earlier run.
pub(super) fn open(dialect: Dialect, task: &Task, alias: &str) -> String {
    format!("{} IN (SELECT q.row_key FROM {})", row_key(dialect, &task.key, alias), entries(dialect, task))
}

/// How many stubs a table has from earlier runs.
pub fn count_open_stubs(dialect: Dialect, task: &Task) -> Sql {
    Sql::new(format!("SELECT count(*) FROM {}", entries(dialect, task)))
}

/// Forgets the stubs whose row is gone, or has become a local one.
pub fn forget_stubs(dialect: Dialect, task: &Task) -> Sql {
    let spell = spelling(dialect);
    let mark =
        task.origin.as_ref().map_or_else(String::new, |m| format!(" WHERE {}", imported(spell, m, "t")));
    Sql::new(format!(
        "DELETE FROM {} AS q WHERE q.table_name = {} AND q.completed_run IS NULL AND q.row_key NOT IN\n  (SELECT {} FROM {} t{mark})",
        spell.own("stub"),
        Quoted(&task.name),
        row_key(dialect, &task.key, "t"),
        target(&task.target),
    ))
}

/// Notes the stubs that the source has brought. Parameter: run.
pub fn complete_stubs(dialect: Dialect, task: &Task, temps: &Temps) -> Sql {
    Sql::new(format!(
        "UPDATE {} AS q SET completed_run = $1 WHERE q.table_name = {} AND q.completed_run IS NULL AND q.row_key IN\n  (SELECT {} FROM {} s)",
        spelling(dialect).own("stub"),
        Quoted(&task.name),
        row_key(dialect, &task.key, "s"),
        temps.staging.qualified,
    ))
}

/// Keeps the stubs of a set. Parameters: phase, table, run.
pub fn keep_stubs(dialect: Dialect, set: &StubSet) -> Sql {
    Sql::new(format!(
        "INSERT INTO {} (phase, table_name, row_key, created_run) SELECT $1, $2, {}, $3 FROM {} k WHERE true\n\
         ON CONFLICT (phase, table_name, row_key) DO UPDATE SET created_run = excluded.created_run, completed_run = NULL",
        spelling(dialect).own("stub"),
        row_key(dialect, &set.key, "k"),
        stub_table(dialect, set).qualified,
    ))
}
