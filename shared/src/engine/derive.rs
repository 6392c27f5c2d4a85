//! Derived tables over a run: whether all of their rows are computed anew or only the groups that changed, and
//! which groups those are.

use crate::error::Result;
use crate::plan::{Mode, Source};
use crate::planner::{self, Task};
use crate::session::{Level, Notice, Session};
use crate::sql;
use crate::value::Value;

use super::guard::single_count;
use super::input::{Input, Reader};
use super::outcome::Outcome;
use super::prepare::Prepared;
use super::run::Request;

/// When the groups of changed rows are looked at: a row may leave one and come into another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    BeforeWriting,
    AfterWriting,
}

/// Decides which derived tables are computed for the groups that change alone. Where that was asked for and
/// cannot be, it is said.
pub(super) fn settle(
    s: &mut dyn Session,
    plan_id: i64,
    request: &Request,
    rounds: &mut [Prepared],
) -> Result<()> {
    let Some(phase) = request.phase.as_deref() else { return Ok(()) };
    let run: Vec<String> = rounds.iter().flat_map(|r| &r.tasks).map(|task| task.name.clone()).collect();
    for round in rounds {
        for (task, reading) in round.tasks.iter_mut().zip(&mut round.readings) {
            let mode = task.plan.mode.filter(|_| !request.last).unwrap_or(request.mode);
            if task.plan.recompute.is_none() || mode == Mode::Full {
                continue;
            }
            match whole(s, phase, plan_id, request, task, &run)? {
                None => task.mode = Mode::Incremental,
                Some(why) if mode == Mode::Incremental => reading.notes.push(said(s, task, why)),
                Some(_) => {}
            }
        }
    }
    Ok(())
}

/// Why all of a derived table has to be computed; None where the groups that change are enough.
fn whole(
    s: &mut dyn Session,
    phase: &str,
    plan_id: i64,
    request: &Request,
    task: &Task,
    run: &[String],
) -> Result<Option<&'static str>> {
    let from = &task.plan.derived_from;
    if from.iter().any(|name| !run.contains(name)) {
        return Ok(Some("a table that it is derived from is not in the run"));
    }
    if request.allowed.cascade {
        return Ok(Some("foreign keys may change rows that the run does not know of"));
    }
    let statement = sql::derived_runs(s.facts().dialect, &task.name, from);
    let rows = s.query(&statement, &[phase.into(), plan_id.into()])?;
    let (computed, changed) = match rows.first().map(Vec::as_slice) {
        Some([computed, changed]) => (*computed != Value::Null, changed.is_true()),
        _ => (false, false),
    };
    Ok(match (computed, changed) {
        (false, _) => Some("it was not computed yet by this plan"),
        (true, true) => Some("a table that it is derived from was changed without it"),
        (true, false) => None,
    })
}

/// Says that all of a table is computed; the sentence is for the log, too.
fn said(s: &mut dyn Session, task: &Task, why: &str) -> String {
    let message = format!("\"{}\" was computed in full: {why}", task.name);
    s.notice(&Notice::new(Level::Info, message.as_str()));
    message
}

/// Keeps the groups of the rows that `round` changes, for the tables of `later` rounds that are computed for such groups. A table in which a
/// change does not tell its group is computed in full.
pub(super) fn trace(
    s: &mut dyn Session,
    before: &[Prepared],
    round: &Prepared,
    later: &mut [Prepared],
    outcome: &Outcome,
    moment: Moment,
) -> Result<()> {
    let dialect = s.facts().dialect;
    for derived in later.iter_mut().flat_map(|r| r.tasks.iter_mut().zip(&mut r.readings)) {
        let (derived, reading) = derived;
        let reads = |task: &&Task| derived.plan.derived_from.contains(&task.name);
        let bases: Vec<&Task> =
            before.iter().chain(std::iter::once(round)).flat_map(|r| &r.tasks).filter(reads).collect();
        let mut why = None;
        for ((base, temps), counts) in round.tasks.iter().zip(&round.temps).zip(&outcome.counts) {
            let changed = counts.inserts + counts.updates + counts.deletes;
            let added = added_to(base, round, outcome);
            if derived.groups().is_none() || !reads(&base) || (changed == 0 && !added) {
                continue;
            }
            let traces = planner::traces(derived, base, &round.tasks, &bases);
            if traces.is_empty() || added {
                why = Some(format!("rows of \"{}\" changed that do not tell their group", base.name));
                break;
            }
            for trace in &traces {
                let statement = match moment {
                    Moment::BeforeWriting => sql::groups_before(dialect, derived, (base, temps), trace),
                    Moment::AfterWriting => sql::groups_after(dialect, derived, (base, temps), trace),
                };
                s.execute(&statement, &[])?;
            }
        }
        if let Some(why) = why {
            derived.mode = Mode::Full;
            reading.notes.push(said(s, derived, &why));
        }
    }
    Ok(())
}

/// Whether the run adds stubs or snapshots to a table: rows that are in no change set.
fn added_to(base: &Task, round: &Prepared, outcome: &Outcome) -> bool {
    let stubs = round.stubs.sets.iter().map(|set| &set.parent).zip(outcome.stubs.iter().copied());
    let snapshots = round.snapshots.iter().map(|set| &set.into).zip(outcome.snapshots.iter().copied());
    stubs.chain(snapshots).any(|(table, made)| made > 0 && table.id() == base.target.id())
}

/// Lets the tables of a round that are computed for some groups read these alone.
pub(super) fn narrow(s: &mut dyn Session, round: &mut Prepared) -> Result<()> {
    let dialect = s.facts().dialect;
    for (task, input) in round.tasks.iter().zip(&mut round.inputs) {
        let (Some(by), Some(Source::Query(query))) = (task.groups(), &task.plan.source) else { continue };
        let groups = single_count(s, &sql::count_groups(dialect, task, by))?;
        if let Some(analyze) = &sql::groups_table(dialect, task).analyze {
            s.execute(analyze, &[])?;
        }
        let statement = match groups {
            0 => sql::query_of_nothing(query),
            _ => sql::query_of_groups(dialect, task, query, by),
        };
        if let Some(Input { reader: Reader::Rows(rows), .. }) = input {
            rows.read_instead(statement);
        }
    }
    Ok(())
}
