//! Backups restored: a run of the same engine over tables of any phases, whose source is an archive.
//!
//! The archive is read once from beginning to end before anything else, and each table's part of it again
//! into staging. Rows are known by their external ids; `assign` gives them the keys that they have here,
//! and lookups find what they refer to.

use std::path::Path;

use crate::api::ImportBackupOptions;
use crate::authority::{self, Authority};
use crate::backup::{Archive, TableHeader};
use crate::error::{Error, Kind, Result};
use crate::failpoint;
use crate::migrations;
use crate::plan::TablePlan;
use crate::planner::{self, RestoreMode, Restoring, SourceShape, Task, Travel, plan_name};
use crate::report::ReportRow;
use crate::session::{Level, Notice, Session};

use super::checks::Checks;
use super::guard::Allowed;
use super::input::{Input, Reader, may_read_at};
use super::log::{self, Entry};
use super::owners::Owners;
use super::prepare::{self, Prepared};
use super::run::{self, Request};
use super::state::{self, Stored};
use super::travel::Travels;
use super::{RunKind, outcome, phase};

/// A table of the archive that is restored.
struct Carried<'a> {
    header: &'a TableHeader,
    travel: Travel,
    /// What the plan says of it.
    plan: &'a TablePlan,
}

/// Restores the tables of an archive, or of a folder's newest one, and answers the report of a sync: a row
/// per table, in plan order.
///
/// Errors: 22023 an unknown mode, a relative path on a server, or options that exclude each other; 42501 the
/// role may not read files; 25006 read-only; those of [`Archive::open`]; 42704 a table or phase that is not
/// there; 55P03 a phase is busy; 55000 a phase is live here, a table is not empty, or backup and plan do not
/// know rows by the same columns; and those of a run.
pub fn import_backup(
    s: &mut dyn Session,
    path: &str,
    mode: &str,
    options: &ImportBackupOptions,
) -> Result<Vec<ReportRow>> {
    let mode = RestoreMode::parse(mode)?;
    let kind = phase::kind(RunKind::Restore, options.dry_run, options.rehearse)?;
    let allowed = Allowed {
        max_delete: phase::limit(options.max_delete.as_deref())?,
        empty: options.allow_empty,
        cascade: options.allow_cascade,
    };
    let hint = "the archive is read on the server; give its absolute path there";
    may_read_at(s.facts(), Path::new(path), hint)?;
    if s.facts().read_only {
        return Err(Error::new(Kind::ReadOnly, "cannot import a backup in a read-only transaction"));
    }
    let stored = state::plan(s)?;
    let archive = Archive::open(Path::new(path), &mut || s.check_interrupt())?;
    for note in archive.notes() {
        s.notice(&Notice::new(Level::Warning, note.as_str()));
    }
    failpoint::passed("checked the archive");
    let owners = Owners::stored(s, &stored.plan)?;
    let travels = Travels::find(s, &owners)?;
    let carried = carried(&archive, &stored, &travels, mode, options)?;
    if carried.is_empty() {
        s.notice(&Notice::new(Level::Info, "nothing of the backup is to be restored"));
        return Ok(Vec::new());
    }
    let phases: Vec<&str> = stored.plan.phases.iter().map(|p| p.name.as_str()).collect();
    let phases: Vec<&str> =
        phases.into_iter().filter(|phase| carried.iter().any(|c| c.travel.phase == *phase)).collect();
    for phase in &phases {
        phase::lock(s, phase)?;
        may_restore(s, &stored, phase, options.allow_local)?;
    }
    let mut prepared = prepare(s, &archive, &stored, &carried, mode)?;
    owners.refer(s, &mut prepared.tasks)?;
    settle_rules(&stored, &phases, &mut prepared)?;
    let entries: Vec<Entry<'_>> = phases
        .iter()
        .map(|phase| Entry {
            phase,
            kind,
            plan_id: stored.plan_id,
            started: log::now(),
            keep_days: stored.plan.keep_days(),
            whole: false,
        })
        .collect();
    let request = Request { allowed, ..Request::full(kind) };
    let mut rounds = [prepared];
    let outcomes = run::run(s, &mut rounds, &request, &mut |s, rounds, outcomes| {
        stored.still(s)?;
        for entry in &entries {
            may_restore(s, &stored, entry.phase, options.allow_local)?;
            entry.succeeded(s, rounds, outcomes)?;
        }
        Ok(())
    })?;
    Ok(outcome::report(None, &rounds, &outcomes))
}

/// Errors: 42704 no such phase, 55000 it is live here, a migration that it needs was not applied, or the
/// triggers that its state wants are not in force.
fn may_restore(s: &mut dyn Session, stored: &Stored, phase: &str, allow_local: bool) -> Result<()> {
    if state::authority(s, phase)? == Authority::Local && !allow_local {
        let error = authority::live(phase);
        let hint = error.hint.clone().unwrap_or_default();
        return Err(error.hint(format!("{hint}; \"allow_local\" restores it all the same")));
    }
    migrations::check_phase(s, stored, phase)?;
    phase::guarded(s, stored, phase)
}

/// The tables of an archive that are restored, in plan order. Details are not updated, but rewritten.
///
/// Errors: 42704 for a phase or table that is not there, 55000 for two tables of the archive that would be
/// the same here, and those of [`Travels::of`].
fn carried<'a>(
    archive: &'a Archive,
    stored: &Stored,
    travels: &Travels<'a>,
    mode: RestoreMode,
    options: &ImportBackupOptions,
) -> Result<Vec<Carried<'a>>> {
    let (phases, tables) = (options.phases.as_deref(), options.tables.as_deref());
    phases.into_iter().flatten().try_for_each(|phase| stored.phase(phase).map(|_| ()))?;
    let names = plan_names(stored);
    let headers: Vec<&TableHeader> = archive.headers().collect();
    let means = |header: &TableHeader, name: &str| {
        header.table == name || plan_name(&names, &header.table) == Some(name)
    };
    if let Some(unknown) =
        tables.into_iter().flatten().find(|name| !headers.iter().any(|header| means(header, name)))
    {
        let all: Vec<&str> = headers.iter().map(|header| header.table.as_str()).collect();
        return Err(Error::new(
            Kind::UndefinedObject,
            format!("there is no table \"{unknown}\" in the backup"),
        )
        .hint(format!("its tables are: {}", all.join(", "))));
    }
    let mut carried: Vec<Carried<'a>> = Vec::new();
    for header in headers {
        if tables.is_some_and(|tables| !tables.iter().any(|name| means(header, name))) {
            continue;
        }
        let Some(name) = plan_name(&names, &header.table) else {
            if phases.is_some() && tables.is_none() {
                continue;
            }
            return Err(Error::new(
                Kind::UndefinedObject,
                format!("there is no table \"{}\" in the plan", header.table),
            )
            .hint("name those that are to be restored as \"tables\""));
        };
        let travel = travels.of(name)?;
        let elsewhere = phases.is_some_and(|phases| !phases.contains(&travel.phase));
        if elsewhere || (mode == RestoreMode::Update && travel.parent.is_some()) {
            continue;
        }
        if let Some(twin) = carried.iter().find(|c| c.travel.table.id() == travel.table.id()) {
            let message = format!("two tables of the backup are table \"{name}\" here");
            return Err(Error::new(Kind::NotInState, message)
                .detail(format!("They are \"{}\" and \"{}\".", twin.header.table, header.table)));
        }
        let plan = travels.plan_of(&travel)?;
        carried.push(Carried { header, travel, plan });
    }
    let place = |c: &Carried<'_>| names.iter().position(|name| *name == c.travel.name);
    carried.sort_by_key(place);
    Ok(carried)
}

/// The names of the plan's tables, each once, in plan order.
fn plan_names(stored: &Stored) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for table in stored.plan.phases.iter().flat_map(|phase| &phase.tables) {
        if !names.contains(&table.table.as_str()) {
            names.push(&table.table);
        }
    }
    names
}

/// The tasks, with their parts of the archive as sources.
fn prepare(
    s: &mut dyn Session,
    archive: &Archive,
    stored: &Stored,
    carried: &[Carried<'_>],
    mode: RestoreMode,
) -> Result<Prepared> {
    let names = plan_names(stored);
    let (mut tasks, mut inputs, mut plans) = (Vec::new(), Vec::new(), Vec::new());
    for (ordinal, Carried { header, travel, plan }) in carried.iter().enumerate() {
        let restoring = planner::restoring(travel, plan, header, mode, &names)?;
        let Restoring { plan: derived, fields } = &restoring;
        let columns: Vec<&str> = fields.iter().map(|f| f.name.as_str()).collect();
        let label = format!("the backup of \"{}\"", travel.name);
        let source = archive.source(&header.table, fields.clone())?;
        let input = Input { label, reader: Reader::Files(Box::new(source)), oldest: None };
        let wanted = prepare::wanted(s, derived, Some(&input))?;
        let shape = SourceShape { label: &input.label, columns: &columns };
        tasks.push(restoring.task(ordinal, (travel, plan), mode, shape, &wanted)?);
        plans.push(restoring.plan);
        inputs.push(Some(input));
    }
    let mut prepared = prepare::finish(s, tasks, inputs, &plans)?;
    let all = prepared.tasks.clone();
    for task in &mut prepared.tasks {
        if let Some(detail) = task.restored.as_mut().and_then(|r| r.detail.as_mut()) {
            let parent = all.iter().find(|t| t.target.id() == detail.parent);
            detail.task = parent.cloned().map(Box::new);
        }
    }
    Ok(prepared)
}

/// Gives a run what the phases say of it: their checks, and whether tables of another role are written as
/// that role.
fn settle_rules(stored: &Stored, phases: &[&str], prepared: &mut Prepared) -> Result<()> {
    let mut tasks: Vec<&Task> = prepared.tasks.iter().collect();
    tasks.sort_by_key(|task| task.ordinal);
    let (mut checks, mut as_owner) = (Vec::new(), true);
    for phase in phases {
        let planned = stored.phase(phase)?;
        let own = || tasks.iter().filter(|t| t.restored.as_ref().is_some_and(|r| r.phase == *phase));
        let tables: Vec<_> = own().map(|task| (&task.plan, Some(&task.target))).collect();
        checks.push(Checks::of(planned, &tables));
        as_owner &= planned.run_as_owner || own().all(|task| task.target.untrusted_owner.is_none());
    }
    (prepared.checks, prepared.as_owner) = (checks, as_owner);
    Ok(())
}
