//! The quarantine: the refused rows of now, written by difference.

use crate::planner::Task;
use crate::session::Dialect;

use super::scope::scopes;
use super::{Ident, Sql, Temps, json, spelling};

/// How many characters of a key name its entry: an index has no place for more.
const LONGEST: usize = 500;

/// A refused row's key, or all of it where it has none or a NULL in it, as a JSON array of texts: the same in both
/// databases.
fn row_key(dialect: Dialect, task: &Task, alias: &str) -> String {
    let spell = spelling(dialect);
    let typed = |names: Vec<&str>| {
        let columns: Vec<_> = names.into_iter().map(|k| (k, task.target.column(k).map(|c| &c.ty))).collect();
        json::key(spell, columns.into_iter(), alias)
    };
    let all = typed(task.columns.iter().map(|c| c.column.name.as_str()).collect());
    let name = match task.key.as_slice() {
        [] => all,
        key => {
            let whole: Vec<String> =
                key.iter().map(|k| format!("{alias}.{} IS NOT NULL", Ident(k))).collect();
            format!("CASE WHEN {} THEN {} ELSE {all} END", whole.join(" AND "), typed(task.shown_key()))
        }
    };
    format!("substr({name}, 1, {LONGEST})")
}

/// A refused row as a JSON object, without the values that have no place in its columns.
pub(super) fn row_data(dialect: Dialect, task: &Task, alias: &str) -> String {
    json::row(spelling(dialect), task.staged_columns(), alias)
}

/// The refused rows as entries: a select of (row_key, ordinal) and `columns`, which are (name,
/// expression over `r`). Rows of the same key are told apart by their order: the second is called
/// `["5"]#2`.
fn entries(dialect: Dialect, task: &Task, temps: &Temps, columns: &[(&str, String)]) -> String {
    let names: String = columns.iter().map(|(name, _)| format!(", {name}")).collect();
    let columns: String = columns.iter().map(|(name, value)| format!(", {value} AS {name}")).collect();
    format!(
        "SELECT CASE place WHEN 1 THEN row_key ELSE row_key || '#' || place END AS row_key, ordinal{names}\n  \
         FROM (SELECT x.*, row_number() OVER (PARTITION BY row_key ORDER BY ordinal) AS place\n  \
         FROM (SELECT {} AS row_key, {} AS ordinal{columns} FROM {} r) x) y",
        row_key(dialect, task, "r"),
        of_refused(task, "_row"),
        temps.refused.qualified,
    )
}

/// A column of ours of the refused rows.
fn of_refused(task: &Task, name: &str) -> String {
    format!("r.{}", Ident(&task.own_column(name)))
}

/// Up to 5 refused rows: rows of (the key of its entry, what is wrong).
pub fn example_entries(dialect: Dialect, task: &Task, temps: &Temps) -> Sql {
    let detail = ("detail", of_refused(task, "_detail"));
    let entries = entries(dialect, task, temps, &[detail]);
    Sql::new(format!("SELECT row_key, detail FROM ({entries}) n ORDER BY ordinal LIMIT 5"))
}

/// An entry's key without the number that tells it from others of the same key.
const BARE: &str = "CASE WHEN rtrim(row_key, '0123456789') LIKE '%]#' \
     THEN substr(rtrim(row_key, '0123456789'), 1, length(rtrim(row_key, '0123456789')) - 1) ELSE row_key END";

/// Forgets what is no longer refused. Parameters: phase, table.
pub fn quarantine_forget(dialect: Dialect, task: &Task, temps: &Temps) -> Sql {
    Sql::new(format!(
        "DELETE FROM {} WHERE phase = $1 AND table_name = $2 AND row_key NOT IN (SELECT row_key FROM ({}) n)",
        spelling(dialect).own("quarantine"),
        entries(dialect, task, temps, &[]),
    ))
}

/// Forgets what is no longer refused of what this run speaks of: the entries of keys that it has read, and those in
/// its scopes or groups. Parameters: phase, table.
pub fn quarantine_forget_read(dialect: Dialect, task: &Task, temps: &Temps) -> Sql {
    let scope = scopes(dialect, task, temps).map_or_else(String::new, |(columns, rows)| {
        let typed = || task.staged_columns().filter(|c| columns.contains(&c.name));
        let values = |object: &str| -> String {
            let values = columns.iter().map(|name| spelling(dialect).member(object, name));
            values.collect::<Vec<_>>().join(", ")
        };
        let object = json::row(spelling(dialect), typed(), "u");
        format!(
            "\n  OR ({}) IN (SELECT {} FROM (SELECT {object} AS scope FROM ({rows}) u) o)",
            values("row_data"),
            values("o.scope"),
        )
    });
    Sql::new(format!(
        "{}\n  AND ({BARE} IN (SELECT {} FROM {} s UNION ALL SELECT {} FROM {} r){scope})",
        quarantine_forget(dialect, task, temps),
        row_key(dialect, task, "s"),
        temps.staging.qualified,
        row_key(dialect, task, "r"),
        temps.refused.qualified,
    ))
}

/// Keeps what is refused now; an entry that is the same already is not touched, nor is one that was staged
/// from the quarantine and says more of where its row is. Parameters: phase, table, run, how many rows were
/// staged from the quarantine of those that have such a place.
pub fn quarantine_keep(dialect: Dialect, task: &Task, temps: &Temps) -> Sql {
    let differ = match dialect {
        Dialect::Postgres => "IS DISTINCT FROM",
        Dialect::Sqlite => "IS NOT",
    };
    let data = spelling(dialect).merge_json(&row_data(dialect, task, "r"), &of_refused(task, "_data"));
    let columns = [
        ("reason", of_refused(task, "_reason")),
        ("detail", of_refused(task, "_detail")),
        ("row_data", data),
    ];
    Sql::new(format!(
        "INSERT INTO {own} AS q (phase, table_name, row_key, reason, detail, row_data, first_run, last_run)\n\
         SELECT $1, $2, n.row_key, n.reason, n.detail, n.row_data, $3, $3\nFROM ({}) n\n\
         LEFT JOIN {own} o ON o.phase = $1 AND o.table_name = $2 AND o.row_key = n.row_key\n\
         WHERE o.row_key IS NULL OR o.reason {differ} n.reason OR (o.detail {differ} n.detail AND n.ordinal > $4) OR o.row_data {differ} n.row_data\n\
         ON CONFLICT (phase, table_name, row_key) DO UPDATE\n\
         SET reason = excluded.reason, detail = excluded.detail, row_data = excluded.row_data, last_run = excluded.last_run",
        entries(dialect, task, temps, &columns),
        own = spelling(dialect).own("quarantine"),
    ))
}

/// Forgets the entries of tables that left the plan.
pub fn quarantine_clear(dialect: Dialect) -> Sql {
    Sql::new(format!(
        "DELETE FROM {} AS q WHERE NOT EXISTS (SELECT 1 FROM {} t WHERE t.phase = q.phase AND q.table_name IN (t.plan_name, t.plan_name || ' (backup)'))",
        spelling(dialect).own("quarantine"),
        spelling(dialect).own("phase_table"),
    ))
}
