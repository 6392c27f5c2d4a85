//! Local changes written to another relation: a run of the same engine, whose source is what was changed
//! here and whose target is elsewhere.
//!
//! What is pending becomes a batch, as an export makes one, and is acknowledged in the same transaction:
//! either the rows have arrived and are pending no more, or nothing has happened. Where the other side
//! commits and this one does not, the next push delivers the same rows again, and finds them there. Rows
//! travel as they are when they are read: one that changes after its batch was made is in the next batch too.

use crate::catalog::RelName;
use crate::error::{Error, Kind, Result};
use crate::plan::{Phase, TablePlan};
use crate::planner::{self, Task, Tracked};
use crate::report::ReportRow;
use crate::session::{Level, Notice, Session};
use crate::sql::{self, Temps};
use crate::value::{Value, count};

use super::log::{self, Entry};
use super::prepare::{self, Prepared};
use super::run::{self, Request};
use super::{Input, RunKind, changes, foreign, outcome, phase, state};

/// Where the log says that a batch went.
const PATH: &str = "push_changes";

/// A table whose changes travel.
struct Leaving<'a> {
    plan: &'a TablePlan,
    /// The relation that they go to.
    to: &'a str,
    tracked: Tracked,
}

/// Writes what was changed here, and not acknowledged yet, to the relations that the plan names as
/// `push_to`, and acknowledges it. Answers the report of a run, a row per relation that something goes to.
///
/// Errors: 25006 read-only, 42704 no such phase, 55P03 the phase is busy, 55000 a tracking trigger is not in
/// force or a changed table has no `push_to`, 42P01 a relation that does not exist, and those of a run and
/// of the relation.
pub fn push_changes(s: &mut dyn Session, phase: &str) -> Result<Vec<ReportRow>> {
    if s.facts().read_only {
        return Err(Error::new(Kind::ReadOnly, "cannot push changes in a read-only transaction"));
    }
    let started = log::now();
    s.begin_write(&[])?;
    let stored = state::plan(s)?;
    let planned = stored.phase(phase)?;
    phase::lock(s, phase)?;
    phase::guarded(s, &stored, phase)?;
    let tables = changes::tracked_tables(s, planned)?;
    if let Some(number) = changes::take(s, phase, PATH, &tables)? {
        changes::count_batch(s, phase, number, PATH)?;
    }
    let leaving = leaving(s, planned, tables)?;
    if leaving.is_empty() {
        s.notice(&Notice::new(Level::Info, format!("no changes of phase \"{phase}\" wait to be pushed")));
        return Ok(Vec::new());
    }
    let mut round = prepare(s, &leaving)?;
    round.as_owner = planned.run_as_owner;
    let mut rounds = [round];
    let entry = Entry {
        phase,
        kind: RunKind::Push,
        plan_id: stored.plan_id,
        started,
        keep_days: stored.plan.keep_days(),
        whole: true,
    };
    let request = Request::full(RunKind::Push);
    let outcomes = run::run(s, &mut rounds, &request, &mut |s, rounds, outcomes| {
        entry.succeeded(s, rounds, outcomes)?;
        for batch in changes::open_batches(s, phase)? {
            changes::acknowledge(s, Some(planned), phase, batch.number)?;
        }
        Ok(())
    })?;
    Ok(outcome::report(Some(phase), &rounds, &outcomes))
}

/// The tables that have changes in batches, in plan order. None may be acknowledged that goes nowhere.
/// Errors: 55000.
fn leaving<'a>(s: &mut dyn Session, planned: &'a Phase, tables: Vec<Tracked>) -> Result<Vec<Leaving<'a>>> {
    let rows = s.query(&sql::leaving_tables(s.facts().dialect), &[planned.name.as_str().into()])?;
    let names: Vec<&str> = rows.iter().filter_map(|row| row.first().and_then(Value::as_str)).collect();
    let goes = |name: &str| {
        let mut listings = planned.tables.iter().filter(|t| t.table == name);
        listings.find_map(|plan| Some((plan, plan.push_to.as_deref()?)))
    };
    if let Some(name) = names.iter().find(|name| goes(name).is_none()) {
        let message = format!("changes of \"{name}\" have no relation to go to");
        return Err(Error::new(Kind::NotInState, message)
            .hint("name one as its \"push_to\", or send the changes by export_changes"));
    }
    let leaving = tables.into_iter().filter(|t| names.contains(&t.name.as_str())).filter_map(|tracked| {
        let (plan, to) = goes(&tracked.name)?;
        Some(Leaving { plan, to, tracked })
    });
    Ok(leaving.collect())
}

/// The tasks of a push, parents to children as the tables here refer to each other: a foreign table
/// declares no references.
fn prepare(s: &mut dyn Session, leaving: &[Leaving<'_>]) -> Result<Prepared> {
    let (mut tasks, mut inputs) = (Vec::new(), Vec::new());
    for (ordinal, Leaving { plan, to, tracked }) in leaving.iter().enumerate() {
        let target = s.find_table(&RelName::parse(to)?)?.ok_or_else(|| planner::no_table(to))?;
        state::check_open(s, &target.schema, &target.name)?;
        tasks.push(planner::push(ordinal, plan, to, tracked, target)?);
        let columns = planner::travelling(plan, tracked);
        inputs.push(Some(Input::of_changes(s.facts().dialect, tracked, &columns)));
    }
    let here = |(task, leaving): (&Task, &Leaving<'_>)| Task {
        target: leaving.tracked.table.clone(),
        ..task.clone()
    };
    let order = planner::sort(tasks.iter().zip(leaving).map(here).collect())?;
    let tasks = order.iter().filter_map(|t| tasks.get(t.ordinal).cloned()).collect();
    prepare::finish(s, tasks, inputs, &[])
}

/// Adds to the change set of a push what was deleted here.
pub(super) fn delete_gone(s: &mut dyn Session, task: &Task, temps: &Temps) -> Result<()> {
    let Some(gone) = &task.gone else { return Ok(()) };
    let dialect = s.facts().dialect;
    // Its keys have a table of their own: no statistics know of a batch that was just made.
    let keys = sql::gone_table(dialect, task);
    for create in &keys.create {
        s.execute(create, &[])?;
    }
    let rows = count(s.execute(&sql::fill_gone(dialect, gone, &keys), &[])?);
    if rows > 0 {
        if let Some(analyze) = &keys.analyze {
            s.execute(analyze, &[])?;
        }
        let few = foreign::few(rows);
        s.execute(&sql::delete_gone(dialect, task, temps, gone, (&keys, few)), &[])?;
    }
    s.execute(&keys.discard, &[]).map(|_| ())
}
