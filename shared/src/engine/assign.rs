//! The rows that a restore takes, and the keys that they have here: known before anything is looked up, so
//! that references between new rows resolve before the first of them is written.

use crate::error::{Error, Kind, Result};
use crate::planner::{From, RestoreMode, Task};
use crate::session::{Dialect, Session};
use crate::sql::{self, Temps};
use crate::value::count;

use super::apply;
use super::guard::single_count;
use super::outcome::Tally;

/// Takes the rows out of staging that a restore's mode leaves alone, and gives the others the key of the row
/// that is there, or the next ones of the table.
///
/// Errors: 55000 where a table that is to be filled for the first time has rows.
pub(crate) fn settle(
    s: &mut dyn Session,
    tasks: &[Task],
    temps: &[Temps],
    tallies: &mut [Tally],
) -> Result<()> {
    empty(s, tasks)?;
    for ((task, temps), tally) in tasks.iter().zip(temps).zip(tallies) {
        let Some(restored) = &task.restored else { continue };
        let left_out = match (restored.mode, &restored.detail) {
            (RestoreMode::Append, Some(detail)) => sql::leave_out_details(task, temps, detail),
            (RestoreMode::Append, None) => Some(sql::leave_out(task, temps, true)),
            (RestoreMode::Update, _) => Some(sql::leave_out(task, temps, false)),
            (RestoreMode::Init | RestoreMode::Overwrite, _) => None,
        };
        if let Some(left_out) = left_out {
            tally.skipped += count(s.execute(&left_out, &[])?);
        }
        keys(s, task, temps)?;
    }
    Ok(())
}

/// Errors: 55000 where a restore into empty tables finds rows.
fn empty(s: &mut dyn Session, tasks: &[Task]) -> Result<()> {
    let mut full = Vec::new();
    let init = |task: &&Task| task.restored.as_ref().is_some_and(|r| r.mode == RestoreMode::Init);
    for task in tasks.iter().filter(init) {
        let rows = single_count(s, &sql::count_rows(&task.target))?;
        if rows > 0 {
            full.push(format!("{}: {rows} rows.", task.name));
        }
    }
    if full.is_empty() {
        return Ok(());
    }
    full.sort();
    Err(Error::new(Kind::NotInState, "tables that are to be restored are not empty")
        .detail(full.join("\n"))
        .hint("mode \"init\" is for empty tables; \"overwrite\" writes over what is there"))
}

/// Gives the staged rows of a task their own keys.
fn keys(s: &mut dyn Session, task: &Task, temps: &Temps) -> Result<()> {
    let own = task.own_key();
    if own.is_empty() {
        return Ok(());
    }
    s.execute(&sql::adopt_keys(task, temps, &own), &[])?;
    for own in own.into_iter().filter(|c| c.from == From::Assigned) {
        // A sequence that is behind would give numbers that are taken.
        apply::raise_sequence(s, &task.target, &own.column)?;
        let counter = s.facts().dialect == Dialect::Sqlite
            && !s.query(&sql::has_counters(&task.target.schema), &[])?.is_empty();
        s.execute(&sql::draw_keys(task, temps, own, counter), &[])?;
    }
    if let Some(analyze) = &temps.staging.analyze {
        s.execute(analyze, &[])?;
    }
    Ok(())
}
