//! Steps 5 to 8 for tasks that are prepared: what every kind of run has in common.

use std::time::Instant;

use crate::catalog::{Address, RelName, Table};
use crate::convert::Options;
use crate::cursor::CursorValue;
use crate::error::{Error, Kind, Result};
use crate::failpoint;
use crate::plan::Mode;
use crate::planner::Task;
use crate::report::ReportRow;
use crate::session::{Keep, Level, Notice, Session};
use crate::sql;
use crate::value::count;

use super::checks::Warned;
use super::compare::{self, Counts};
use super::cut::Cut;
use super::guard::{self, Allowed};
use super::phase::Kind as RunKind;
use super::prepare::Prepared;
use super::stage::{Course, Loaded};
use super::{
    apply, assign, check, cursor, keys, local, lookup, others, restage, retain, rights, scope, stage, stub,
    unique,
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

/// What became of a task's source rows before they were compared.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    /// Rows that are counted: those before a cursor's bound are not.
    pub staged: i64,
    /// Of these, refused by a rule.
    pub refused: i64,
    /// Of these, dropped by a policy.
    pub skipped: i64,
    /// How many rows were staged from the quarantine; their ordinals come first.
    pub restaged: i64,
    /// How many times documents speak of a scope.
    pub spoken: i64,
    pub elapsed_ms: i64,
    /// The greatest value of the cursor's column that was met.
    pub highest: Option<CursorValue>,
    /// What the log keeps besides the counts.
    pub notes: Vec<String>,
}

/// What a run found or did, per task.
pub(crate) struct Outcome {
    pub counts: Vec<Counts>,
    pub tallies: Vec<Tally>,
    /// Of a dry run or a rehearsal, as JSON.
    pub examples: Vec<Option<String>>,
    /// How many stubs are made, per set.
    pub stubs: Vec<i64>,
    /// Their examples.
    pub stub_examples: Vec<Option<String>>,
}

/// Stages, checks, compares and guards, then writes as `kind` says. `keep` runs in the same
/// transaction once the targets are written (or would be): it keeps the log.
///
/// Every error leaves the targets as they were, once the caller's scope is undone.
pub(crate) fn run(
    s: &mut dyn Session,
    prepared: &mut Prepared,
    request: &Request,
    keep: &mut dyn FnMut(&mut dyn Session, &Prepared, &Outcome) -> Result<()>,
) -> Result<Outcome> {
    let temp_tables = prepared.temp_tables(s.facts().dialect);
    for statement in temp_tables.iter().flat_map(|t| &t.create) {
        s.execute(statement, &[])?;
    }
    if request.kind != RunKind::Verify {
        let targets = targets(prepared);
        rights::check(&targets, prepared.as_owner)?;
        rights::share(s, &targets, &temp_tables)?;
    }
    let mut tallies = vec![Tally::default(); prepared.tasks.len()];
    stage_all(s, prepared, request, &mut tallies)?;
    let targets = targets(prepared);
    if request.kind != RunKind::Verify {
        s.begin_write(&targets)?;
        failpoint::passed("locked");
        unchanged_schema(s, &targets)?;
    }
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
            outcome.stub_examples.push(stub::examples(s, set, *made)?);
        }
    }
    let started = Instant::now();
    let (counts, stubs, tallies) = (&outcome.counts, &outcome.stubs, &mut outcome.tallies);
    let mut warned = Vec::new();
    let mut write = |s: &mut dyn Session| {
        apply::apply(s, prepared, counts, stubs, tallies)?;
        for checks in &prepared.checks {
            warned.extend(checks.enforce(s, &prepared.progress)?);
        }
        Ok(())
    };
    match request.kind {
        RunKind::Sync | RunKind::Replay | RunKind::Push | RunKind::Restore => write(s)?,
        RunKind::Rehearse => s.scope(Keep::No, &mut write)?,
        RunKind::DryRun | RunKind::Verify => {}
    }
    note(&prepared.tasks, &mut outcome.tallies, warned);
    // Writing interleaves the tables: its time is shared by rows.
    share(&mut outcome, millis(started));
    keep(s, prepared, &outcome)?;
    failpoint::passed("kept the log");
    for temp in &temp_tables {
        s.execute(&temp.discard, &[])?;
    }
    Ok(outcome)
}

/// The tables that a run may write.
fn targets(prepared: &Prepared) -> Vec<&Table> {
    prepared.tasks.iter().map(|t| &t.target).chain(stub::parents(prepared)).collect()
}

/// Keeps the warnings of checks with their tables, those of none with the first.
fn note(tasks: &[Task], tallies: &mut [Tally], warned: Vec<Warned>) {
    for warned in warned {
        let first = tasks.iter().position(|t| t.ordinal == 0);
        let named = warned.table_name.and_then(|name| tasks.iter().position(|t| t.name == name));
        if let Some(tally) = named.or(first).and_then(|i| tallies.get_mut(i)) {
            tally.notes.push(warned.note);
        }
    }
}

/// Tells the caller how the columns of a task were matched, where that may surprise.
pub(crate) fn warn(s: &mut dyn Session, task: &Task) {
    for message in &task.warnings {
        s.notice(&Notice::new(Level::Warning, message.as_str()));
    }
}

fn stage_all(
    s: &mut dyn Session,
    prepared: &mut Prepared,
    request: &Request,
    tallies: &mut [Tally],
) -> Result<()> {
    let dialect = s.facts().dialect;
    let tasks = prepared.tasks.iter().zip(&prepared.temps).zip(&prepared.readings);
    for (((task, temps), reading), (input, tally)) in tasks.zip(prepared.inputs.iter_mut().zip(tallies)) {
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
    Ok(())
}

impl Tally {
    fn add(&mut self, loaded: Loaded) {
        self.staged += loaded.rows;
        self.refused += loaded.refused;
    }

    /// Counts what a cursor met and left out; `groups` are the row groups that were read and those
    /// that were not.
    fn cut(&mut self, cut: Cut, (read, left_out): (usize, usize)) {
        self.staged += cut.excluded;
        self.skipped += cut.excluded;
        self.highest = cut.highest;
        if left_out > 0 {
            self.notes.push(format!("row groups read: {read} of {}", read + left_out));
        }
    }
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
    let examples = vec![None; counts.len()];
    Ok(Outcome { examples, counts, tallies, stubs, stub_examples: Vec::new() })
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

/// The report of a run, in plan order; then the stubs.
pub(crate) fn report(phase: Option<&str>, prepared: &Prepared, outcome: &Outcome) -> Vec<ReportRow> {
    let tasks = prepared.tasks.iter().zip(&outcome.counts).zip(&outcome.tallies);
    let mut rows: Vec<(usize, ReportRow)> = tasks
        .map(|((task, counts), tally)| {
            let row = ReportRow {
                phase: task.phase().or(phase).map(str::to_owned),
                table_name: task.name.clone(),
                write: task.write.name().to_owned(),
                mode: task.mode.name().to_owned(),
                staged: counts.staged,
                inserted: counts.inserts,
                updated: counts.updates,
                unchanged: counts.unchanged(),
                deleted: counts.deletes,
                preserved: counts.preserved,
                quarantined: counts.refused,
                skipped: counts.skipped,
                elapsed_ms: tally.elapsed_ms,
            };
            (task.ordinal, row)
        })
        .collect();
    rows.sort_by_key(|(ordinal, _)| *ordinal);
    let stubs = prepared.stubs.sets.iter().zip(&outcome.stubs).filter(|(_, made)| **made > 0);
    let stubs = stubs.map(|(set, made)| ReportRow::inserted(phase, &set.name, "stub", set.mode, *made));
    rows.into_iter().map(|(_, row)| row).chain(stubs).collect()
}

fn share(outcome: &mut Outcome, elapsed: i64) {
    let written = |c: &Counts| c.inserts + c.updates + c.deletes;
    let all: i64 = outcome.counts.iter().map(written).sum();
    for (counts, tally) in outcome.counts.iter().zip(&mut outcome.tallies) {
        tally.elapsed_ms += elapsed.saturating_mul(written(counts)) / all.max(1);
    }
}

/// How long ago that was.
pub(crate) fn millis(since: Instant) -> i64 {
    count(since.elapsed().as_millis())
}
