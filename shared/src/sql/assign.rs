//! Rows of a restore that are left out, and the keys that the others get here.

use crate::catalog::Default;
use crate::planner::{Detail, Staged, Task};
use crate::session::Dialect;

use super::{Ident, Quoted, Sql, Temps, equal, list, qualified, same_key, target};

/// Takes the staged rows out whose key a row of the target has (`there`), or no row.
pub fn leave_out(task: &Task, temps: &Temps, there: bool) -> Sql {
    Sql::new(format!(
        "DELETE FROM {} AS s WHERE {}EXISTS (SELECT 1 FROM {} t WHERE {})",
        temps.staging.qualified,
        if there { "" } else { "NOT " },
        target(&task.target),
        same_key(task, "t", "s"),
    ))
}

/// Takes the staged details out whose parent is there already, and those without one. None where nothing is
/// looked up for the parent.
pub fn leave_out_details(task: &Task, temps: &Temps, detail: &Detail) -> Option<Sql> {
    let mut lookups = task.plan.lookups.iter().zip(&task.lookups);
    let link = lookups.find(|(plan, _)| detail.columns.contains(&plan.set)).map(|(_, found)| &found.link)?;
    let (schema, name) = &detail.parent;
    let orphan: Vec<String> = link.columns.iter().map(|c| format!("s.{} IS NULL", Ident(c))).collect();
    Some(Sql::new(format!(
        "DELETE FROM {} AS s WHERE {} OR EXISTS (SELECT 1 FROM {} t WHERE {})",
        temps.staging.qualified,
        orphan.join(" OR "),
        qualified(schema, name),
        equal("t", &link.parent_columns, "s", &link.columns),
    )))
}

/// Gives the staged rows whose key a row of the target has that row's own key.
pub fn adopt_keys(task: &Task, temps: &Temps, own: &[&Staged]) -> Sql {
    let sets: Vec<String> = own.iter().map(|c| format!("{0} = t.{0}", Ident(&c.column.name))).collect();
    Sql::new(format!(
        "UPDATE {} AS s SET {}\nFROM {} t WHERE {}",
        temps.staging.qualified,
        sets.join(", "),
        target(&task.target),
        same_key(task, "t", "s"),
    ))
}

/// Whether a SQLite schema keeps the numbers of AUTOINCREMENT tables: a row where it does.
pub fn has_counters(schema: &str) -> Sql {
    Sql::new(format!("SELECT 1 FROM {} WHERE name = 'sqlite_sequence'", qualified(schema, "sqlite_master")))
}

/// Gives the staged rows without a key of their own the next numbers, in the order of the source. Rows
/// that share an external id share the number too: which of them counts is decided later. Without a
/// sequence the numbers follow the table's greatest, and the greatest that it ever had where it has a
/// `counter` of these.
pub fn draw_keys(task: &Task, temps: &Temps, own: &Staged, counter: bool) -> Sql {
    let (name, row) = (Ident(&own.column.name), task.own_column("_row"));
    let (staging, row) = (&temps.staging.qualified, Ident(&row));
    let mut greatest = format!("SELECT 0 AS m UNION ALL SELECT max({name}) FROM {}", target(&task.target));
    if counter {
        greatest.push_str(&format!(
            " UNION ALL SELECT seq FROM {} WHERE name = {}",
            qualified(&task.target.schema, "sqlite_sequence"),
            Quoted(&task.target.name)
        ));
    }
    let numbered = match &own.column.default {
        Default::Serial(Some(sequence))
        | Default::IdentityByDefault(Some(sequence))
        | Default::IdentityAlways(Some(sequence)) => format!(
            "o (f) AS (SELECT DISTINCT f FROM k ORDER BY f),\n \
             p (f, n) AS (SELECT f, pg_catalog.nextval({}::pg_catalog.regclass) FROM o),\n \
             d (r, n) AS (SELECT k.r, p.n FROM k JOIN p ON p.f = k.f)",
            Quoted(sequence)
        ),
        _ => format!(
            "d (r, n) AS (SELECT r, dense_rank() OVER (ORDER BY f) + (SELECT max(m) FROM ({greatest}) x) FROM k)"
        ),
    };
    Sql::new(format!(
        "WITH k (r, f) AS (SELECT s.{row}, min(s.{row}) OVER (PARTITION BY {}) FROM {staging} s WHERE s.{name} IS NULL),\n \
         {numbered}\nUPDATE {staging} AS s SET {name} = d.n FROM d WHERE s.{row} = d.r",
        list("s", &task.key),
    ))
}

/// Says of a detail which target rows a restore rewrites, by its staged rows and those of its parent.
pub(super) fn rewritten_parents(dialect: Dialect, task: &Task, detail: &Detail) -> Option<String> {
    let parent = detail.task.as_ref()?;
    let columns = detail.columns.iter().zip(&detail.parent_columns).map(|(own, theirs)| {
        let (value, ours) = (format!("p.{}", Ident(theirs)), task.target.column(own));
        match ours.filter(|c| parent.target.column(theirs).is_some_and(|p| p.ty != c.ty)) {
            Some(c) => format!("CAST({value} AS {})", super::type_name(dialect, &c.ty)),
            None => value,
        }
    });
    Some(format!(
        "SELECT {} FROM {} p",
        columns.collect::<Vec<_>>().join(", "),
        Temps::of(dialect, parent).staging.qualified
    ))
}
