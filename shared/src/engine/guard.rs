//! The guards: what a change set may not do unless told that it may.

use crate::catalog::{ForeignKey, OnDelete};
use crate::error::{Error, Kind, Result};
use crate::plan::{Limit, Write};
use crate::planner::{Task, spreads};
use crate::session::Session;
use crate::sql::{self, Temps};
use crate::value::{Value, first};

use super::check::shown;
use super::compare::Counts;
use super::outcome::Tally;
use super::retain;

/// What the caller allows.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Allowed {
    /// Stands in for the tables' own limits.
    pub max_delete: Option<Limit>,
    pub empty: bool,
    pub cascade: bool,
}

/// Refuses a change set that loses too much. Without a limit, more than 10 % and more than 10 of
/// the imported rows are too much. Documents that have been `spoken` of make no empty source. Errors: 55000 with counts.
pub(crate) fn deletes(
    s: &mut dyn Session,
    task: &Task,
    temps: &Temps,
    counts: &Counts,
    spoken: bool,
    allowed: &Allowed,
) -> Result<()> {
    if counts.deletes == 0 {
        return Ok(());
    }
    let dialect = s.facts().dialect;
    // A derived table is not asked for more than the groups that changed, and these may be gone.
    let grouped = task.groups().is_some();
    if counts.staged == 0 && !allowed.empty && !spoken && !grouped {
        return Err(Error::new(Kind::NotInState, format!("the source of \"{}\" is empty", task.name))
            .detail(format!("{} rows would be deleted.", counts.deletes))
            .hint("set \"allow_empty\" if the source is meant to be empty"));
    }
    let local = match sql::count_local_deletes(dialect, task, temps) {
        Some(statement) => single_count(s, &statement)?,
        None => 0,
    };
    let total = match grouped {
        true => sql::count_all_imported(dialect, task, task.origin.as_ref()),
        false => sql::count_imported(dialect, task, temps, task.origin.as_ref()),
    };
    let total = single_count(s, &total)?;
    let lost = lost(task, counts, local);
    let limit = allowed.max_delete.or(task.plan.max_delete);
    let too_many = match limit {
        Some(limit) => limit.exceeded(lost, total),
        None => lost > 10 && lost * 10 > total && !(counts.staged == 0 && allowed.empty),
    };
    if !too_many {
        return Ok(());
    }
    let rule = limit.map_or_else(|| "10 % and 10 rows".to_owned(), |l| l.to_string());
    Err(Error::new(
        Kind::NotInState,
        format!("{lost} of {total} imported rows of \"{}\" would be deleted", task.name),
    )
    .detail(format!("The limit is {rule}. The source has {} rows.", counts.staged))
    .hint("raise \"max_delete\" in the plan or the call if this is meant"))
}

/// The rows that a change set loses: not the `local` ones that are meant to go, nor those of
/// `delete_insert` that come back under another generated key.
fn lost(task: &Task, counts: &Counts, local: i64) -> i64 {
    let back = if task.write == Write::DeleteInsert { counts.inserts } else { 0 };
    (counts.deletes - local - back).max(0)
}

/// Refuses a run that quarantines more rows than the plan's `max_quarantine`. Errors: 55000 with
/// counts and examples.
pub(crate) fn quarantined(s: &mut dyn Session, task: &Task, temps: &Temps, tally: &Tally) -> Result<()> {
    let limit = task.plan.max_quarantine.filter(|limit| limit.exceeded(tally.refused, tally.staged));
    let Some(limit) = limit else { return Ok(()) };
    let rows = s.query(&sql::example_entries(s.facts().dialect, task, temps), &[])?;
    let lines = rows.iter().map(|row| match row.as_slice() {
        [key, detail] => format!("{key}: {detail}"),
        row => shown(row),
    });
    let lines = lines.collect::<Vec<_>>().join("\n");
    Err(Error::new(
        Kind::NotInState,
        format!(
            "{} of {} rows of the source of \"{}\" would be quarantined",
            tally.refused, tally.staged, task.name
        ),
    )
    .detail(format!("The limit is {limit}.\n{lines}"))
    .hint("mend the source, or raise \"max_quarantine\" in the plan"))
}

/// How rows that others refer to can go, or stay.
pub(super) const FREE_THEM: &str =
    "delete or change the rows that refer to them first, or set \"on_referenced\" to \"retain\"";

/// Says that so many rows refer to those that would go.
pub(super) fn referring(count: i64, task: &Task, key: &ForeignKey) -> String {
    let (table, columns) = (&key.table.1, key.columns.join(", "));
    format!(
        "{count} rows of \"{table}\" refer to rows of \"{}\" that would be deleted, by ({columns}).",
        task.name
    )
}

/// Refuses to delete rows that others will still refer to: 55000 where the database would delete
/// or change those others by itself (unless allowed, and never if they are retained), 23503 where it
/// would refuse.
pub(crate) fn children(
    s: &mut dyn Session,
    tasks: &[Task],
    temps: &[Temps],
    index: usize,
    counts: &Counts,
    allowed: &Allowed,
) -> Result<()> {
    let (Some(task), Some(own)) = (tasks.get(index), temps.get(index)) else { return Ok(()) };
    if counts.deletes == 0 {
        return Ok(());
    }
    let (dialect, enforced) = (s.facts().dialect, s.facts().foreign_keys);
    for key in &task.referred_by {
        let children = retain::writers(tasks, temps, key);
        let count = single_count(s, &sql::count_referring(dialect, task, own, key, &children))?;
        if count == 0 {
            continue;
        }
        let facts = referring(count, task, key);
        if !spreads(key.on_delete) {
            return Err(Error::new(
                Kind::MissingReference,
                format!("rows of \"{}\" are still referred to", task.name),
            )
            .detail(facts)
            .hint(FREE_THEM));
        }
        if !allowed.cascade {
            let what = if key.on_delete == OnDelete::Cascade { "deleted" } else { "changed" };
            return Err(Error::new(
                Kind::NotInState,
                format!("rows of \"{}\" would be {what} by a foreign key", key.table.1),
            )
            .detail(facts)
            .hint("set \"allow_cascade\" if this is meant"));
        }
        retained(s, task, own, key, &children)?;
        if !enforced {
            return Err(Error::new(Kind::NotInState, "foreign keys are not enforced in this session")
                .detail(facts)
                .hint("run PRAGMA foreign_keys = on before the transaction begins"));
        }
    }
    Ok(())
}

/// Refuses to let a foreign key delete or change rows that the run retains: others may refer to them,
/// and a refused version never costs the good one. Errors: 23503.
fn retained(
    s: &mut dyn Session,
    task: &Task,
    temps: &Temps,
    key: &ForeignKey,
    children: &[(&Task, &Temps)],
) -> Result<()> {
    let dialect = s.facts().dialect;
    for child in children {
        let count = single_count(s, &sql::count_retained(dialect, task, temps, key, *child))?;
        if count > 0 {
            return Err(Error::new(
                Kind::MissingReference,
                format!("retained rows of \"{}\" refer to rows that would be deleted", key.table.1),
            )
            .detail(format!(
                "{count} rows of \"{}\" refer to rows of \"{}\", by ({}).",
                key.table.1,
                task.name,
                key.columns.join(", ")
            ))
            .hint("mend the rows that were refused, or set \"on_referenced\" to \"retain\""));
        }
    }
    Ok(())
}

/// The one number of a counting statement.
pub(crate) fn single_count(s: &mut dyn Session, statement: &sql::Sql) -> Result<i64> {
    let rows = s.query(statement, &[])?;
    first(&rows).and_then(Value::as_int).ok_or_else(|| {
        let got = rows.first().map_or_else(String::new, |r| shown(r));
        Error::new(Kind::Internal, "a count is no number").detail(format!("{statement}\n{got}"))
    })
}
