//! Step 8 of a run: the change sets onto the targets, and the proof that they arrived.

use crate::catalog::{Default, Table};
use crate::error::{Error, Kind, Result};
use crate::planner::Task;
use crate::session::Session;
use crate::sql::{self, Sql, Temps};

use super::compare::Counts;
use super::early;
use super::guard::single_count;
use super::progress::Progress;

/// Writes all change sets: early deletes, inserts and then updates, parents to children, then all
/// other deletes, children to parents, so that a child that moves to another parent is never lost
/// with its old one.
///
/// Errors: 09000 where a trigger kept a row from being written, 40001 where rows changed between
/// comparison and writing, XX000 where the outcome does not balance.
pub(crate) fn apply(
    s: &mut dyn Session,
    tasks: &[Task],
    temps: &[Temps],
    counts: &[Counts],
    clock: &Progress,
) -> Result<()> {
    let targets: Vec<&Table> = tasks.iter().map(|t| &t.target).collect();
    s.as_engine(&targets, &mut |s| write(s, tasks, temps, counts, clock))?;
    for ((task, temps), counts) in tasks.iter().zip(temps).zip(counts) {
        prove(s, task, temps, counts)?;
    }
    Ok(())
}

fn write(
    s: &mut dyn Session,
    tasks: &[Task],
    temps: &[Temps],
    counts: &[Counts],
    clock: &Progress,
) -> Result<()> {
    let dialect = s.facts().dialect;
    let all = || tasks.iter().zip(temps).zip(counts);
    let early = early::mark(s, tasks, temps, counts)?;
    for (((task, temp), _), early) in all().zip(&early).rev() {
        expect(s, task, &sql::delete(dialect, task, temp, 'e'), *early, "deleted", clock)?;
    }
    for ((task, temp), counts) in all() {
        expect(s, task, &sql::insert(dialect, task, temp), counts.inserts, "inserted", clock)?;
        if counts.inserts > 0 {
            raise_sequences(s, task)?;
        }
    }
    for ((task, temp), counts) in all() {
        if let Some(statement) = sql::update(dialect, task, temp) {
            expect(s, task, &statement, counts.updates, "updated", clock)?;
        }
    }
    for (((task, temp), counts), early) in all().zip(&early).rev() {
        expect(s, task, &sql::delete(dialect, task, temp, 'd'), counts.deletes - early, "deleted", clock)?;
    }
    Ok(())
}

/// Runs a statement that must write exactly `wanted` rows; none at all for 0.
fn expect(
    s: &mut dyn Session,
    task: &Task,
    statement: &Sql,
    wanted: i64,
    verb: &str,
    clock: &Progress,
) -> Result<()> {
    if wanted == 0 {
        return Ok(());
    }
    s.check_interrupt()?;
    let written = s.execute(statement, &[])?;
    if i64::try_from(written) == Ok(wanted) {
        clock.done(s, &format!("{verb} in"), &task.name, Some(wanted));
        return Ok(());
    }
    Err(mismatch(task, format!("{wanted} rows of \"{}\" were to be {verb}, and {written} were.", task.name)))
}

/// Why rows may be other than the change set says: a trigger, or someone without a lock.
fn mismatch(task: &Task, detail: String) -> Error {
    let triggers: Vec<&str> =
        task.target.triggers.iter().filter(|t| t.enabled).map(|t| t.name.as_str()).collect();
    if triggers.is_empty() {
        return Error::new(
            Kind::Serialization,
            format!("rows of \"{}\" changed while they were written", task.name),
        )
        .detail(detail)
        .hint("run it again");
    }
    Error::new(Kind::TriggeredAction, format!("a trigger of \"{}\" kept rows from being written", task.name))
        .detail(detail)
        .hint(format!("look at these triggers: {}", triggers.join(", ")))
}

/// The application's next insert must not draw a number that an imported row has.
fn raise_sequences(s: &mut dyn Session, task: &Task) -> Result<()> {
    for staged in &task.columns {
        if let Default::Serial(Some(sequence))
        | Default::IdentityByDefault(Some(sequence))
        | Default::IdentityAlways(Some(sequence)) = &staged.column.default
        {
            s.query(&sql::raise_sequence(task, &staged.column.name, sequence), &[])?;
        }
    }
    Ok(())
}

/// After `replace` and `delete_insert` the imported rows in scope are as many as staging says.
fn prove(s: &mut dyn Session, task: &Task, temps: &Temps, counts: &Counts) -> Result<()> {
    if !task.write.deletes() || counts.inserts + counts.updates + counts.deletes == 0 {
        return Ok(());
    }
    let dialect = s.facts().dialect;
    let found = single_count(s, &sql::count_imported(dialect, task, temps, task.protecting_mark()))?;
    let wanted = counts.staged - counts.refused - counts.skipped - counts.preserved + counts.retained;
    if found == wanted {
        return Ok(());
    }
    Err(mismatch(task, format!("\"{}\" should have {wanted} imported rows, and has {found}.", task.name)))
}
