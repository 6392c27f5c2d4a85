//! Steps 5 to 8 for tasks that are prepared: what every kind of run has in common.

use std::time::Instant;

use crate::catalog::{Address, RelName, Table};
use crate::convert::Options;
use crate::error::{Error, Kind, Result};
use crate::failpoint;
use crate::plan::Mode;
use crate::planner::Task;
use crate::session::{Keep, Level, Notice, Session};
use crate::sql::{self, TempTable};
use crate::value::count;

use super::compare::{self, Counts};
use super::derive::Moment;
use super::guard::{self, Allowed};
use super::outcome::{self, Outcome, Tally};
use super::phase::Kind as RunKind;
use super::prepare::Prepared;
use super::stage::Course;
use super::{
    apply, assign, check, cursor, derive, keys, local, lookup, others, restage, retain, rights, scope,
    snapshot, stage, stub, unique,
};

/// What a call asks of a run.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub kind: RunKind,
    /// The phase; None for a file imported by itself, and for a restore, whose tables know theirs.
    pub phase: Option<String>,
    pub mode: Mode,
    /// Stands in for the value of every cursor.
    pub since: Option<String>,
    /// Only these tables of the phase.
    pub tables: Option<Vec<String>>,
    /// A folder that stands in for the plan's `root`.
    pub root: Option<String>,
    /// The last run before the phase is handed over: it reads everything, whatever the plan says.
    pub last: bool,
    pub allowed: Allowed,
}

impl Request {
    /// A run of everything, with nothing said besides.
    pub fn full(kind: RunKind) -> Request {
        Request {
            kind,
            phase: None,
            mode: Mode::Full,
            since: None,
            tables: None,
            root: None,
            last: false,
            allowed: Allowed::default(),
        }
    }
}

/// What keeps the log of a run, once its rounds have come to these outcomes.
type Keeper<'a> = &'a mut dyn FnMut(&mut dyn Session, &[Prepared], &[Outcome]) -> Result<()>;

/// Stages, checks, compares and guards, then writes as `kind` says: round by round, where tables are derived
/// from others. `keep` runs in the same transaction once the targets are written (or would be): it keeps the log.
/// Answers what each round found or did.
///
/// Every error leaves the targets as they were, once the caller's scope is undone.
pub(crate) fn run(
    s: &mut dyn Session,
    rounds: &mut [Prepared],
    request: &Request,
    keep: Keeper<'_>,
) -> Result<Vec<Outcome>> {
    let dialect = s.facts().dialect;
    let temp_tables: Vec<TempTable> = rounds.iter().flat_map(|round| round.temp_tables(dialect)).collect();
    for statement in temp_tables.iter().flat_map(|t| &t.create) {
        s.execute(statement, &[])?;
    }
    if request.kind != RunKind::Verify {
        let targets = targets(rounds);
        rights::check(&targets, rounds.iter().any(|round| round.as_owner))?;
        rights::share(s, &targets, &temp_tables)?;
    }
    let tallies = rounds.first_mut().map(|first| stage_all(s, first, request)).transpose()?;
    if request.kind != RunKind::Verify {
        let targets = targets(rounds);
        s.begin_write(&targets)?;
        failpoint::passed("locked");
        unchanged_schema(s, &targets)?;
    }
    let mut outcomes = Vec::with_capacity(rounds.len());
    if let Some((first, tallies)) = rounds.first_mut().zip(tallies) {
        outcomes.push(examine(s, first, request, tallies)?);
    }
    let derives = rounds.len() > 1;
    let mut rest = |s: &mut dyn Session| write_rounds(s, rounds, request, &mut outcomes);
    match request.kind {
        RunKind::Sync | RunKind::Replay | RunKind::Push | RunKind::Restore | RunKind::Verify => rest(s)?,
        RunKind::Rehearse => s.scope(Keep::No, &mut rest)?,
        // What is derived can be looked at only where what it reads is written.
        RunKind::DryRun if derives => s.scope(Keep::No, &mut rest)?,
        RunKind::DryRun => {}
    }
    keep(s, rounds, &outcomes)?;
    failpoint::passed("kept the log");
    for temp in &temp_tables {
        s.execute(&temp.discard, &[])?;
    }
    Ok(outcomes)
}

/// Writes the first round, which is examined, and stages, examines and writes those that follow; then runs the checks.
/// A dry run ends before it writes the last, and a verification writes nothing.
fn write_rounds(
    s: &mut dyn Session,
    rounds: &mut [Prepared],
    request: &Request,
    outcomes: &mut Vec<Outcome>,
) -> Result<()> {
    for n in 1..=rounds.len() {
        let (until_now, later) = rounds.split_at_mut(n);
        let Some((round, before)) = until_now.split_last_mut() else { continue };
        if n > 1 {
            derive::narrow(s, round)?;
            let tallies = stage_all(s, round, request)?;
            outcomes.push(examine(s, round, request, tallies)?);
        }
        let Some(outcome) = outcomes.last_mut() else { continue };
        if request.kind == RunKind::Verify || (request.kind == RunKind::DryRun && later.is_empty()) {
            continue;
        }
        let started = Instant::now();
        derive::trace(s, before, round, later, outcome, Moment::BeforeWriting)?;
        apply::apply(s, round, &outcome.counts, &outcome.stubs, &mut outcome.tallies)?;
        snapshot::take(s, round, &outcome.snapshots)?;
        derive::trace(s, before, round, later, outcome, Moment::AfterWriting)?;
        outcome.share(millis(started));
    }
    if let Some(first) = rounds.first()
        && !matches!(request.kind, RunKind::DryRun | RunKind::Verify)
    {
        let mut warned = Vec::new();
        for checks in &first.checks {
            warned.extend(checks.enforce(s, &first.progress)?);
        }
        outcome::note(rounds, outcomes, warned);
    }
    Ok(())
}

/// Decides what becomes of the staged rows of a round, with examples where nothing of it will stay.
fn examine(
    s: &mut dyn Session,
    prepared: &mut Prepared,
    request: &Request,
    tallies: Vec<Tally>,
) -> Result<Outcome> {
    // Without a phase there are no stubs, and in SQLite perhaps no table of them.
    if request.phase.is_some() {
        stub::find_open(s, prepared)?;
    }
    let mut outcome = look(s, prepared, request, tallies)?;
    if matches!(request.kind, RunKind::DryRun | RunKind::Rehearse) {
        for ((task, temps), (counts, examples)) in
            prepared.tasks.iter().zip(&prepared.temps).zip(outcome.counts.iter().zip(&mut outcome.examples))
        {
            *examples = Some(compare::examples(s, task, temps, counts)?);
        }
        for (set, made) in prepared.stubs.sets.iter().zip(&outcome.stubs) {
            outcome.made_examples.push(stub::examples(s, set, *made)?);
        }
        outcome.made_examples.extend(snapshot::examples(s, prepared, &outcome.snapshots)?);
    }
    Ok(outcome)
}

/// The tables that a run may write.
fn targets(rounds: &[Prepared]) -> Vec<&Table> {
    let mut targets: Vec<&Table> =
        rounds.iter().flat_map(|round| &round.tasks).map(|task| &task.target).collect();
    let made = rounds
        .iter()
        .flat_map(|round| stub::parents(round).chain(round.snapshots.iter().map(|set| &set.into)));
    for table in made {
        if !targets.iter().any(|known| known.id() == table.id()) {
            targets.push(table);
        }
    }
    targets
}

/// Tells the caller how the columns of a task were matched, where that may surprise.
pub(crate) fn warn(s: &mut dyn Session, task: &Task) {
    for message in &task.warnings {
        s.notice(&Notice::new(Level::Warning, message.as_str()));
    }
}

fn stage_all(s: &mut dyn Session, prepared: &mut Prepared, request: &Request) -> Result<Vec<Tally>> {
    let dialect = s.facts().dialect;
    let mut tallies = vec![Tally::default(); prepared.tasks.len()];
    let tasks = prepared.tasks.iter().zip(&prepared.temps).zip(&prepared.readings);
    for (((task, temps), reading), (input, tally)) in tasks.zip(prepared.inputs.iter_mut().zip(&mut tallies))
    {
        let started = Instant::now();
        warn(s, task);
        tally.notes.extend(reading.notes.iter().cloned());
        if let Some(phase) = request.phase.as_ref().filter(|_| restage::stages(request.kind, task)) {
            tally.add(restage::restage(s, phase, task, temps, &prepared.progress)?);
            tally.restaged = tally.staged;
        }
        if let Some(input) = input {
            let options = Options { time_zone: task.time_zone, dialect };
            let mut cut = cursor::cut(task, reading, input, &options)?;
            let restaged = tally.restaged;
            let course = Course { cut: cut.as_mut(), first: restaged, clock: &prepared.progress };
            tally.add(stage::stage(s, task, temps, input, course)?);
            if let Some(cut) = cut {
                tally.cut(cut, input.reader.row_groups());
            }
            tally.spoken = scope::keep(s, task, temps, reading, input, &prepared.progress)?;
            let superseded = restage::supersede(s, task, temps, restaged)?;
            tally.staged -= superseded.rows;
            tally.refused -= superseded.refused;
        } else if request.kind != RunKind::Replay {
            return Err(Error::new(Kind::Internal, format!("the source of \"{}\" is not open", task.name)));
        }
        if let Some(analyze) = &temps.staging.analyze {
            s.execute(analyze, &[])?;
        }
        tally.elapsed_ms += millis(started);
        prepared.progress.done(s, "staged", &task.name, Some(tally.staged));
    }
    Ok(tallies)
}

/// Checks, compares and guards: all that a dry run does.
fn look(
    s: &mut dyn Session,
    prepared: &Prepared,
    request: &Request,
    mut tallies: Vec<Tally>,
) -> Result<Outcome> {
    let (tasks, temps, clock) = (&prepared.tasks, &prepared.temps, &prepared.progress);
    assign::settle(s, tasks, temps, &mut tallies)?;
    lookup::make(s, prepared.known(), &mut tallies)?;
    clock.done(s, "looked up values of", &all_names(tasks), None);
    keys::settle(s, tasks, temps, &mut tallies)?;
    clock.done(s, "checked keys of", &all_names(tasks), None);
    refer(s, prepared, &mut tallies)?;
    let mut counts = compare_all(s, prepared, request, &mut tallies)?;
    for (((task, temp), counts), tally) in tasks.iter().zip(temps).zip(&mut counts).zip(&mut tallies) {
        local::conflicts(s, task, temp, counts, tally)?;
        guard::quarantined(s, task, temp, tally)?;
    }
    let (stubs, retained) = loop {
        let stubs = stub::settle(s, prepared, &mut counts)?;
        let retained = retain::retain(s, prepared, &mut counts)?;
        if !unique::conflicts_with_retained(s, prepared, &counts, &mut tallies)? {
            break (stubs, retained);
        }
        // What refers to the rows refused now is refused too, and their own older versions stay.
        refer(s, prepared, &mut tallies)?;
        for temp in temps {
            s.execute(&sql::clear_changes(temp), &[])?;
        }
        counts = compare_all(s, prepared, request, &mut tallies)?;
    };
    retain::note(tasks, &mut tallies, &retained);
    if request.kind != RunKind::Verify {
        let allowed = &request.allowed;
        for (index, ((task, temp), counts)) in tasks.iter().zip(temps).zip(&counts).enumerate() {
            // A push deletes what somebody deleted here, not what a source no longer has.
            if request.kind != RunKind::Push {
                let spoken = tallies.get(index).is_some_and(|tally| tally.spoken > 0);
                guard::deletes(s, task, temp, counts, spoken, allowed)?;
            }
            guard::children(s, tasks, temps, index, counts, allowed)?;
        }
        others::spared(s, tasks, temps, &counts)?;
        clock.done(s, "looked at the deletes of", &all_names(tasks), None);
    }
    let snapshots = if request.kind == RunKind::Verify { Vec::new() } else { snapshot::find(s, prepared)? };
    let examples = vec![None; counts.len()];
    Ok(Outcome { examples, counts, tallies, stubs, snapshots, made_examples: Vec::new() })
}

/// Refuses staged rows that refer to nothing, or would share a unique value with another row, until
/// there are no more of them.
fn refer(s: &mut dyn Session, prepared: &Prepared, tallies: &mut [Tally]) -> Result<()> {
    let (tasks, temps) = (&prepared.tasks, &prepared.temps);
    check::references(s, prepared.known(), tallies)?;
    while unique::conflicts(s, prepared, tallies)? {
        check::references(s, prepared.known(), tallies)?;
    }
    prepared.progress.done(s, "checked references of", &all_names(tasks), None);
    for ((task, temp), tally) in tasks.iter().zip(temps).zip(tallies) {
        guard::quarantined(s, task, temp, tally)?;
    }
    Ok(())
}

/// Makes the change sets.
fn compare_all(
    s: &mut dyn Session,
    prepared: &Prepared,
    request: &Request,
    tallies: &mut [Tally],
) -> Result<Vec<Counts>> {
    let mut counts = Vec::with_capacity(tallies.len());
    for ((task, temp), tally) in prepared.tasks.iter().zip(&prepared.temps).zip(tallies) {
        let started = Instant::now();
        let phase = task.phase().or(request.phase.as_deref());
        counts.push(compare::compare(s, phase, task, temp, tally)?);
        prepared.progress.done(s, "compared", &task.name, Some(tally.staged));
        tally.elapsed_ms += millis(started);
    }
    Ok(counts)
}

fn all_names(tasks: &[Task]) -> String {
    tasks.iter().map(|t| t.name.as_str()).collect::<Vec<_>>().join("\", \"")
}

/// What was planned must still be so under the lock. Errors: 55000.
fn unchanged_schema(s: &mut dyn Session, targets: &[&Table]) -> Result<()> {
    let names: Vec<RelName> = targets.iter().map(|t| RelName::new(Some(&t.schema), &t.name)).collect();
    let now = s.catalog(&names)?;
    for (before, now) in targets.iter().zip(&now) {
        // The address of a later listing is the plan's.
        let now = now.clone().map(|mut now| {
            if matches!(before.address, Address::Columns(_)) {
                now.address.clone_from(&before.address);
            }
            now
        });
        if now.as_ref() != Some(*before) {
            return Err(Error::new(
                Kind::NotInState,
                format!("table \"{}\" was changed while the run was under way", before.name),
            )
            .hint("run it again"));
        }
    }
    Ok(())
}

/// How long ago that was.
pub(crate) fn millis(since: Instant) -> i64 {
    count(since.elapsed().as_millis())
}
