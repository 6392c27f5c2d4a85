//! Derived tables: the groups of rows that changed, and the query for these alone.

use crate::planner::{Task, Trace};
use crate::session::Dialect;

use super::checks::bare;
use super::temps::temp;
use super::{
    Ident, Quoted, Spelling, Sql, TempTable, Temps, equal, list, same_address, same_key, spelling, target,
};

/// The temporary table of the groups that a run computes anew: the columns of `by`, typed like the table's.
pub fn groups_table(dialect: Dialect, task: &Task) -> TempTable {
    table(spelling(dialect), task)
}

fn table(spell: &dyn Spelling, task: &Task) -> TempTable {
    let by = task.plan.recompute.iter().flat_map(|r| &r.by);
    let typed = by.filter_map(|name| task.target.column(name));
    let columns: Vec<(String, String)> =
        typed.map(|c| (Ident(&c.name).to_string(), c.sql_type.clone())).collect();
    temp(spell, "groups", task.ordinal, &columns)
}

/// Those groups, each once.
pub(super) fn groups(spell: &dyn Spelling, task: &Task, by: &[String]) -> String {
    format!("SELECT DISTINCT {} FROM {} g", list("g", by), table(spell, task).qualified)
}

/// Adds the groups of the rows of `base` that are about to be updated or deleted, as they are before it.
pub fn groups_before(dialect: Dialect, derived: &Task, base: (&Task, &Temps), trace: &Trace) -> Sql {
    let (task, temps) = base;
    let rows = format!(
        "{} c JOIN {} t ON {}",
        temps.changes.qualified,
        target(&task.target),
        same_address(spelling(dialect), &task.target, "c", "t"),
    );
    add_groups(dialect, derived, &rows, trace, "c.op IN ('u', 'd')")
}

/// Adds the groups of the rows of `base` that were inserted or updated, as they are by now.
pub fn groups_after(dialect: Dialect, derived: &Task, base: (&Task, &Temps), trace: &Trace) -> Sql {
    let (task, temps) = base;
    let rows = format!(
        "{} c JOIN {} s ON s.{} = c.s JOIN {} t ON {}",
        temps.changes.qualified,
        temps.staging.qualified,
        Ident(&task.own_column("_row")),
        target(&task.target),
        same_key(task, "t", "s"),
    );
    add_groups(dialect, derived, &rows, trace, "c.op IN ('i', 'u')")
}

fn add_groups(dialect: Dialect, derived: &Task, rows: &str, trace: &Trace, changed: &str) -> Sql {
    let (join, alias) = match &trace.via {
        None => (String::new(), "t"),
        Some((link, parent)) => {
            let on = equal("p", &link.parent_columns, "t", &link.columns);
            (format!(" LEFT JOIN {} p ON {on}", target(parent)), "p")
        }
    };
    Sql::new(format!(
        "INSERT INTO {}\nSELECT DISTINCT {} FROM {rows}{join} WHERE {changed}",
        groups_table(dialect, derived).qualified,
        list(alias, &trace.columns),
    ))
}

/// How many groups there are.
pub fn count_groups(dialect: Dialect, task: &Task, by: &[String]) -> Sql {
    Sql::new(format!("SELECT count(*) FROM ({}) g", groups(spelling(dialect), task, by)))
}

/// The rows of a query that are of these groups.
pub fn query_of_groups(dialect: Dialect, task: &Task, query: &str, by: &[String]) -> Sql {
    let sources = task.group_sources();
    let groups = groups(spelling(dialect), task, by);
    let (groups, on) = match dialect {
        // Whole records are hashed, and NULLs are equal in them; two lists of values would be compared one by one.
        Dialect::Postgres => {
            let typed = sources.iter().zip(by).map(|(source, name)| {
                let ty = task.target.column(name).map_or("", |c| &c.sql_type);
                format!("q.{}::{ty}", Ident(source))
            });
            let record = format!("SELECT ROW({}) AS k FROM ({groups}) u", list("u", by));
            (record, format!("v.k = ROW({})", typed.collect::<Vec<_>>().join(", ")))
        }
        Dialect::Sqlite => {
            let pairs = sources.iter().zip(by).map(|(q, v)| format!("q.{} IS v.{}", Ident(q), Ident(v)));
            (groups, pairs.collect::<Vec<_>>().join(" AND "))
        }
    };
    Sql::for_user(format!("SELECT q.* FROM (\n{}\n) q JOIN ({groups}) v ON {on}", bare(query)))
}

/// The columns of a query, and none of its rows.
pub fn query_of_nothing(query: &str) -> Sql {
    Sql::for_user(format!("SELECT q.* FROM (\n{}\n) q WHERE 1 = 0", bare(query)))
}

/// What is known of a derived table: a row of (the run under this plan that computed it last, NULL where there is none; whether a later one
/// changed a table that it is derived from). While a phase is live here others change them. Parameters: phase, plan_id.
pub fn derived_runs(dialect: Dialect, table: &str, from: &[String]) -> Sql {
    let spell = spelling(dialect);
    let from = from.iter().map(|name| Quoted(name).to_string()).collect::<Vec<_>>().join(", ");
    Sql::new(format!(
        "SELECT c.run_id, EXISTS (SELECT 1 FROM {run} r JOIN {run_table} t ON t.run_id = r.run_id\n    \
         WHERE r.run_id > c.run_id AND r.status = 'ok' AND r.kind NOT IN ('dry_run', 'rehearse', 'push')\n      \
         AND t.table_name IN ({from}) AND t.inserted + t.updated + t.deleted > 0)\n\
         FROM (SELECT (SELECT r.run_id FROM {run} r\n    \
         WHERE r.phase = $1 AND r.plan_id = $2 AND r.status = 'ok' AND r.kind = 'sync'\n      \
         AND EXISTS (SELECT 1 FROM {run_table} t WHERE t.run_id = r.run_id AND t.table_name = {})\n      \
         AND NOT EXISTS (SELECT 1 FROM {} l WHERE l.phase = r.phase AND l.authority = 'local' AND l.changed_at >= r.finished_at)\n    \
         ORDER BY r.run_id DESC LIMIT 1) AS run_id) c",
        Quoted(table),
        spell.own("authority_log"),
        run = spell.own("run"),
        run_table = spell.own("run_table"),
    ))
}
