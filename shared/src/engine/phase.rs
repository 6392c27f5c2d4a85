//! What users call: a run of one phase, of several, of all, or as a job.

use std::path::Path;

use crate::api::SyncOptions;
use crate::authority::{self, Authority};
use crate::catalog::{RelName, Table};
use crate::error::{self, Error, Result};
use crate::migrations;
use crate::plan::{Limit, Mode, Phase, TablePlan};
use crate::planner::Task;
use crate::report::ReportRow;
use crate::session::{Keep, Level, Notice, Session};
use crate::sql;
use crate::value::{Value, first};

use super::checks::Checks;
use super::cursor;
use super::guard::Allowed;
use super::log::{self, Entry};
use super::owners::Owners;
use super::prepare::{self, Prepared};
use super::run::{self, Request};
use super::state::{self, Stored};
use super::{derive, outcome, snapshot, stub, triggers};

/// How far a run goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Sync,
    /// It looks, and writes no target.
    DryRun,
    /// It does everything, and undoes it.
    Rehearse,
    /// It reads the quarantine and no source.
    Replay,
    /// It writes what was changed here to other relations.
    Push,
    /// It reads a backup and no source.
    Restore,
    /// It looks without the guards, locks nothing and leaves no log.
    Verify,
}

impl Kind {
    /// The name as the log has it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Sync => "sync",
            Kind::DryRun => "dry_run",
            Kind::Rehearse => "rehearse",
            Kind::Replay => "replay",
            Kind::Push => "push",
            Kind::Restore => "restore",
            Kind::Verify => "verify",
        }
    }
}

/// Runs one phase and returns its report, a row per table in plan order.
///
/// Errors: 25006 read-only, 42704 no such phase, 22023 an option that cannot be meant, 55P03 the
/// phase is busy, 55000 the phase may not run now or a guard trips, and those of sources, values
/// and references.
pub fn sync_phase(s: &mut dyn Session, phase: &str, options: &SyncOptions) -> Result<Vec<ReportRow>> {
    let kind = kind(Kind::Sync, options.dry_run, options.rehearse)?;
    let mode = match options.mode.as_deref() {
        None | Some("auto") => Mode::Auto,
        Some("full") => Mode::Full,
        Some("incremental") => Mode::Incremental,
        Some(mode) => {
            return Err(invalid(format!("mode \"{mode}\" is none of \"auto\", \"full\", \"incremental\"")));
        }
    };
    if mode == Mode::Full && options.since.is_some() {
        return Err(invalid("mode \"full\" and since exclude each other"));
    }
    let max_delete = limit(options.max_delete.as_deref())?;
    let request = Request {
        kind,
        phase: Some(phase.to_owned()),
        mode,
        since: options.since.clone(),
        tables: options.tables.clone(),
        root: options.root.clone(),
        last: false,
        allowed: Allowed { max_delete, empty: options.allow_empty, cascade: options.allow_cascade },
    };
    run_phase(s, phase, &request)
}

/// Runs one phase as the request says.
pub(super) fn run_phase(s: &mut dyn Session, phase: &str, request: &Request) -> Result<Vec<ReportRow>> {
    if s.facts().read_only {
        return Err(Error::new(error::Kind::ReadOnly, "cannot sync in a read-only transaction"));
    }
    let stored = state::plan(s)?;
    lock(s, phase)?;
    may_run(s, &stored, phase)?;
    one_phase(s, &stored, phase, request)
}

/// How far a call goes that otherwise goes as far as `all`. Errors: 22023.
pub(super) fn kind(all: Kind, dry_run: bool, rehearse: bool) -> Result<Kind> {
    match (dry_run, rehearse) {
        (false, false) => Ok(all),
        (true, false) => Ok(Kind::DryRun),
        (false, true) => Ok(Kind::Rehearse),
        (true, true) => Err(invalid("dry_run and rehearse exclude each other")),
    }
}

/// What a call says instead of the tables' `max_delete`. Errors: 22023.
pub(super) fn limit(max_delete: Option<&str>) -> Result<Option<Limit>> {
    let Some(text) = max_delete else { return Ok(None) };
    let limit = Limit::parse(text).ok_or_else(|| {
        invalid(format!("max_delete \"{text}\" is neither a count of rows nor a share such as \"25 %\""))
    })?;
    Ok(Some(limit))
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(error::Kind::InvalidParameter, message)
}

fn one_phase(s: &mut dyn Session, stored: &Stored, phase: &str, request: &Request) -> Result<Vec<ReportRow>> {
    let planned = stored.phase(phase)?;
    let root = request.root.as_deref().or(stored.plan.root.as_deref()).map(Path::new);
    let names = state::phase_tables(s, phase)?;
    let (plans, names) = chosen(&planned.tables, names, request.tables.as_deref())?;
    // The last run before a phase is handed over checks it, whatever fills its tables.
    if !request.last && planned.by_backups() {
        return Err(without_source(format!("phase \"{phase}\" has no sources")));
    }
    if request.tables.is_some()
        && let Some(plan) = plans.iter().find(|plan| plan.source.is_none())
    {
        return Err(without_source(format!("table \"{}\" has no source", plan.table)));
    }
    let mut rounds = prepare::prepare(s, &plans, &names, Some(root))?;
    rounds.iter_mut().try_for_each(|round| cursor::settle(s, request, round))?;
    derive::settle(s, stored.plan_id, request, &mut rounds)?;
    finish(s, stored, phase, request, &mut rounds)
}

fn without_source(message: String) -> Error {
    Error::new(error::Kind::NotInState, message).hint("import_backup fills it")
}

/// The tables of a phase that a call names, in plan order; all of them where it names none.
///
/// Errors: 42704 a name that is not in the phase.
fn chosen(
    plans: &[TablePlan],
    names: Vec<RelName>,
    only: Option<&[String]>,
) -> Result<(Vec<TablePlan>, Vec<RelName>)> {
    let all = plans.iter().cloned().zip(names);
    let Some(only) = only else { return Ok(all.unzip()) };
    if let Some(unknown) = only.iter().find(|name| plans.iter().all(|p| p.table != **name)) {
        return Err(Error::new(
            error::Kind::UndefinedObject,
            format!("there is no table \"{unknown}\" in the phase"),
        )
        .hint(format!(
            "its tables are: {}",
            plans.iter().map(|p| p.table.as_str()).collect::<Vec<_>>().join(", ")
        )));
    }
    Ok(all.filter(|(plan, _)| only.contains(&plan.table)).unzip())
}

/// Runs what is prepared, and keeps the log.
pub(super) fn finish(
    s: &mut dyn Session,
    stored: &Stored,
    phase: &str,
    request: &Request,
    rounds: &mut [Prepared],
) -> Result<Vec<ReportRow>> {
    guarded(s, stored, phase)?;
    let owners = Owners::stored(s, &stored.plan)?;
    let started = log::now();
    for round in &mut *rounds {
        owners.refer(s, &mut round.tasks)?;
        stub::prepare(s, round, &owners)?;
        snapshot::prepare(s, round, &owners, &started)?;
    }
    let planned = stored.phase(phase)?;
    let filled = if request.last { filled_otherwise(s, planned)? } else { Vec::new() };
    let checks = checks_of(planned, rounds, &filled);
    if let Some(first) = rounds.first_mut() {
        first.checks = vec![checks];
        first.as_owner = planned.run_as_owner;
    }
    let entry = Entry {
        phase,
        kind: request.kind,
        plan_id: stored.plan_id,
        started,
        keep_days: stored.plan.keep_days(),
        whole: request.tables.is_none(),
    };
    // What such a run reads of cursors and quarantine must be of now.
    let mut tasks = rounds.iter().flat_map(|round| &round.tasks);
    let follows = request.kind == Kind::Replay || tasks.any(|t| t.mode == Mode::Incremental);
    let newest = if follows { newest_run(s, phase)? } else { None };
    let outcomes = run::run(s, rounds, request, &mut |s, rounds, outcomes| {
        // SQLite had no lock until now: what was read of the phase must still hold.
        stored.still(s)?;
        may_run(s, stored, phase)?;
        guarded(s, stored, phase)?;
        if follows && newest_run(s, phase)? != newest {
            return Err(Error::new(
                error::Kind::Serialization,
                format!("another session ran phase \"{phase}\" while this run was under way"),
            )
            .hint("run it again"));
        }
        entry.succeeded(s, rounds, outcomes)
    })?;
    Ok(outcome::report(Some(phase), rounds, &outcomes))
}

pub(super) fn newest_run(s: &mut dyn Session, phase: &str) -> Result<Option<i64>> {
    let rows = s.query(&sql::newest_run(s.facts().dialect), &[phase.into()])?;
    Ok(first(&rows).and_then(Value::as_int))
}

/// The tables of a phase that have no source, as found.
fn filled_otherwise<'a>(s: &mut dyn Session, planned: &'a Phase) -> Result<Vec<(&'a TablePlan, Table)>> {
    let names = state::phase_tables(s, &planned.name)?;
    let tables = prepare::find_tables(s, &planned.tables, &names)?;
    Ok(planned.tables.iter().zip(tables).filter(|(plan, _)| plan.source.is_none()).collect())
}

/// The checks that a run of these tables ends with, in plan order; then those of the `others`.
fn checks_of(planned: &Phase, rounds: &[Prepared], others: &[(&TablePlan, Table)]) -> Checks {
    let mut tasks: Vec<&Task> = rounds.iter().flat_map(|round| &round.tasks).collect();
    tasks.sort_by_key(|task| task.ordinal);
    let written = tasks.iter().map(|task| (&task.plan, Some(&task.target)));
    let others = others.iter().map(|(plan, table)| (*plan, Some(table)));
    let tables: Vec<_> = written.chain(others).collect();
    Checks::of(planned, &tables)
}

/// Takes the phase until the transaction ends. Errors: 55P03 where another session has it.
pub(super) fn lock(s: &mut dyn Session, phase: &str) -> Result<()> {
    let dialect = s.facts().dialect;
    let Some(statement) = sql::lock_phase(dialect) else { return Ok(()) };
    let rows = s.query(&statement, &[phase.into()])?;
    if !first(&rows).is_some_and(Value::is_true) {
        return Err(busy(phase));
    }
    if let Some(statement) = sql::lock_phase_row(dialect) {
        s.query(&statement, &[phase.into()])?;
    }
    Ok(())
}

/// Another session has the phase (55P03).
pub(super) fn busy(phase: &str) -> Error {
    Error::new(error::Kind::Busy, format!("phase \"{phase}\" is busy")).detail("Another session runs it.")
}

/// Errors: 42704 no such phase, 55000 it is live here, a migration that it needs was not applied, or a phase
/// that it depends on was never synced.
pub(super) fn may_run(s: &mut dyn Session, stored: &Stored, phase: &str) -> Result<()> {
    let states = state::phases(s)?;
    let find = |name: &str| states.iter().find(|p| p.phase == name);
    let (Some(planned), Some(own)) = (stored.plan.phase(phase), find(phase)) else {
        return Err(state::no_phase(phase));
    };
    if own.authority == Authority::Local {
        return Err(authority::live(phase));
    }
    migrations::check_phase(s, stored, phase)?;
    for name in &planned.depends_on {
        let filled = stored.plan.phase(name).is_some_and(Phase::by_backups);
        if !filled && !find(name).is_some_and(|p| p.synced || p.authority == Authority::Local) {
            return Err(Error::new(
                error::Kind::NotInState,
                format!("phase \"{phase}\" depends on \"{name}\", which was never synced"),
            )
            .hint(format!("sync \"{name}\" first, or both with sync_phases")));
        }
    }
    Ok(())
}

/// Makes sure that the triggers which the phase's state wants are in force. Errors: 55000.
pub(super) fn guarded(s: &mut dyn Session, stored: &Stored, phase: &str) -> Result<()> {
    let (authority, planned) = (state::authority(s, phase)?, stored.phase(phase)?);
    if planned.tables.iter().all(|t| triggers::wanted(authority, t.track).is_none()) {
        return Ok(());
    }
    let names = state::phase_tables(s, phase)?;
    let tables = prepare::find_tables(s, &planned.tables, &names)?;
    triggers::check(s, phase, authority, &tables)
}

/// Runs the named phases, each after those it depends on, all in one transaction.
pub fn sync_phases(s: &mut dyn Session, phases: &[String]) -> Result<Vec<ReportRow>> {
    if phases.is_empty() {
        s.notice(&Notice::new(Level::Info, "no phases named; nothing was imported"));
        return Ok(Vec::new());
    }
    let stored = state::plan(s)?;
    if let Some(unknown) = phases.iter().find(|p| stored.plan.phase(p).is_none()) {
        return Err(state::no_phase(unknown));
    }
    let mut rows = Vec::new();
    for phase in stored.plan.phase_order()?.into_iter().filter(|p| phases.iter().any(|n| n == p)) {
        rows.extend(sync_phase(s, phase, &SyncOptions::default())?);
    }
    Ok(rows)
}

/// Runs every phase whose authority is `source`, and names those it left alone.
pub fn sync_all(s: &mut dyn Session) -> Result<Vec<ReportRow>> {
    let stored = state::plan(s)?;
    let states = state::phases(s)?;
    let mut rows = Vec::new();
    let mut left = Vec::new();
    for phase in stored.plan.phase_order()? {
        match states.iter().find(|p| p.phase == phase) {
            Some(state) if state.authority != Authority::Source => {
                left.push(format!("{phase} ({})", state.authority.name()));
            }
            _ if stored.phase(phase)?.by_backups() => left.push(format!("{phase} (no sources)")),
            _ => rows.extend(sync_phase(s, phase, &SyncOptions::default())?),
        }
    }
    if !left.is_empty() {
        s.notice(&Notice::new(Level::Info, format!("left alone: {}", left.join(", "))));
    }
    Ok(rows)
}

/// Runs one phase for a scheduler: a failure is kept in the log and told as a warning instead of
/// being raised. Answers `ok`, `failed`, or `skipped` where the phase is busy.
pub fn sync_job(s: &mut dyn Session, phase: &str) -> Result<&'static str> {
    let started = log::now();
    let mut plan_id = None;
    let body = &mut |s: &mut dyn Session| {
        plan_id = Some(state::plan(s)?.plan_id);
        sync_phase(s, phase, &SyncOptions::default()).map(|_| ())
    };
    let Err(error) = s.scope(Keep::Yes, body) else { return Ok("ok") };
    let warning = |message: String| Notice {
        level: Level::Warning,
        message,
        detail: error.detail.clone(),
        hint: error.hint.clone(),
    };
    if error.kind.sqlstate() == error::Kind::Busy.sqlstate() {
        s.notice(&warning(format!("phase \"{phase}\" was skipped: {}", error.message)));
        return Ok("skipped");
    }
    // Without a plan there is no log to keep it in.
    let Some(plan_id) = plan_id else { return Err(error) };
    s.begin_write(&[])?;
    let entry = Entry { phase, kind: Kind::Sync, plan_id, started, keep_days: None, whole: true };
    entry.failed(s, &error)?;
    s.notice(&warning(format!("phase \"{phase}\" failed: {}: {}", error.kind.sqlstate(), error.message)));
    Ok("failed")
}
