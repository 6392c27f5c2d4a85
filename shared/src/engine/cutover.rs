//! Handing phases over: a last full run of each, its checks, a verification, and the change of
//! authority, in one transaction.

use std::path::Path;
use std::time::Duration;

use crate::api::{CutoverOptions, VerifyOptions};
use crate::authority::Authority;
use crate::error::{Error, Kind, Result};
use crate::plan::{Mode, Phase};
use crate::report::ReportRow;
use crate::session::{Keep, Session};
use crate::sql;
use crate::value::{Value, first};

use super::authority::Held;
use super::guard::Allowed;
use super::phase::{self, Kind as RunKind};
use super::run::Request;
use super::{changes, input, log, state, verify};

/// How many examples a detail shows.
const SHOWN: usize = 5;
/// How far a file's time may lie before the moment it was written: file systems go by a clock that
/// ticks every few milliseconds.
const TICK: Duration = Duration::from_millis(10);

/// Hands one phase over and answers the report of its last run.
///
/// Errors: those of `sync_phase`; 23514 a check of the plan; 55000 the phase is live here already,
/// has quarantined rows, files older than its freeze, or tables that do not match their sources.
pub fn cutover_phase(s: &mut dyn Session, phase: &str, options: &CutoverOptions) -> Result<Vec<ReportRow>> {
    cutover(s, &[phase.to_owned()], options)
}

/// Hands several phases over together, all or none, and answers the reports of their last runs.
///
/// Errors: those of [`cutover_phase`]; 22023 where no phase is named.
pub fn cutover_phases(s: &mut dyn Session, phases: &[String]) -> Result<Vec<ReportRow>> {
    if phases.is_empty() {
        return Err(Error::new(Kind::InvalidParameter, "no phases named"));
    }
    cutover(s, phases, &CutoverOptions::default())
}

fn cutover(s: &mut dyn Session, phases: &[String], options: &CutoverOptions) -> Result<Vec<ReportRow>> {
    if s.facts().read_only {
        return Err(Error::new(Kind::ReadOnly, "cannot hand a phase over in a read-only transaction"));
    }
    let mut rows = Vec::new();
    let mut body = |s: &mut dyn Session| {
        rows = hand_over(s, phases, options)?;
        Ok(())
    };
    // SQLite's only lock: what is read of phases and files from now on holds.
    s.begin_write(&[])?;
    if options.rehearse {
        s.scope(Keep::No, &mut body)?;
    } else {
        body(s)?;
    }
    Ok(rows)
}

fn hand_over(s: &mut dyn Session, phases: &[String], options: &CutoverOptions) -> Result<Vec<ReportRow>> {
    for phase in phases {
        phase::lock(s, phase)?;
    }
    let stored = state::plan(s)?;
    phases.iter().try_for_each(|phase| stored.phase(phase).map(|_| ()))?;
    let mut order = stored.plan.phase_order()?;
    order.retain(|phase| phases.iter().any(|named| named == phase));
    let mut rows = Vec::new();
    for phase in &order {
        let planned = stored.phase(phase)?;
        // Better now than after the last sync.
        changes::tracked_tables(s, planned)?;
        let root = options.root.as_deref().or(stored.plan.root.as_deref()).map(Path::new);
        if !options.allow_stale_source {
            fresh(s, planned, root)?;
        }
        rows.extend(phase::run_phase(s, phase, &last_run(phase, options)?)?);
        if !options.allow_quarantined {
            nothing_quarantined(s, phase)?;
        }
    }
    // Not before all have run: one may write stubs to the tables of another, which must not be live here.
    for phase in &order {
        matching(s, phase, options)?;
    }
    for phase in order {
        let run_id = phase::newest_run(s, phase)?;
        Held::take(s, phase, "hand a phase over")?.become_state(s, Authority::Local, run_id)?;
    }
    Ok(rows)
}

fn last_run(phase: &str, options: &CutoverOptions) -> Result<Request> {
    Ok(Request {
        phase: Some(phase.to_owned()),
        mode: Mode::Full,
        last: true,
        root: options.root.clone(),
        allowed: Allowed {
            max_delete: phase::limit(options.max_delete.as_deref())?,
            empty: options.allow_empty,
            cascade: options.allow_cascade,
        },
        ..Request::full(RunKind::Sync)
    })
}

/// Refuses files that were written before a phase was frozen: somebody may have changed the source
/// after them. Errors: 55000.
fn fresh(s: &mut dyn Session, planned: &Phase, root: Option<&Path>) -> Result<()> {
    if state::authority(s, &planned.name)? != Authority::Frozen {
        return Ok(());
    }
    let rows = s.query(&sql::authority_since(s.facts().dialect), &[planned.name.as_str().into()])?;
    let since = first(&rows).and_then(Value::as_str).unwrap_or_default();
    let mut stale = Vec::new();
    for table in &planned.tables {
        for (path, written) in input::written(s.facts(), root, table.source.as_ref())? {
            // Both are UTC, to the millisecond: as texts they sort by time.
            if log::instant(written + TICK).as_str() < since {
                let path = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
                stale.push(format!("{}: {path} is of {}.", table.table, log::instant(written)));
            }
        }
    }
    if stale.is_empty() {
        return Ok(());
    }
    let count = stale.len();
    stale.truncate(SHOWN);
    Err(Error::new(
        Kind::NotInState,
        format!("{count} source files of phase \"{}\" are older than its freeze", planned.name),
    )
    .detail(format!("It was frozen at {since}.\n{}", stale.join("\n")))
    .hint("export the source again, or set \"allow_stale_source\" if nothing was changed there since"))
}

/// Refuses a phase that has rows in quarantine. Errors: 55000.
fn nothing_quarantined(s: &mut dyn Session, phase: &str) -> Result<()> {
    let rows = s.query(&sql::count_quarantined(s.facts().dialect), &[phase.into()])?;
    let lines: Vec<String> = rows
        .iter()
        .filter_map(|row| match row.as_slice() {
            [table, count] => Some(format!("{}: {} rows.", table.as_str()?, count.as_int()?)),
            _ => None,
        })
        .collect();
    if lines.is_empty() {
        return Ok(());
    }
    Err(Error::new(Kind::NotInState, format!("rows of phase \"{phase}\" are quarantined"))
        .detail(lines.join("\n"))
        .hint("mend them, or set \"allow_quarantined\" to go without them"))
}

/// Refuses a phase whose tables are not what their sources say, now that they were synced.
/// Errors: 55000.
fn matching(s: &mut dyn Session, phase: &str, options: &CutoverOptions) -> Result<()> {
    let verify = VerifyOptions { root: options.root.clone(), ..VerifyOptions::default() };
    let rows = verify::verify_phase(s, phase, &verify)?;
    let wrong = rows.iter().filter(|row| row.missing + row.extra + row.different > 0);
    let mut lines: Vec<String> = wrong
        .map(|row| {
            format!(
                "{}: {} rows are missing, {} too many, {} different: {}",
                row.table_name, row.missing, row.extra, row.different, row.examples
            )
        })
        .collect();
    if lines.is_empty() {
        return Ok(());
    }
    lines.truncate(SHOWN);
    Err(Error::new(
        Kind::NotInState,
        format!("tables of phase \"{phase}\" do not match their sources after the last sync"),
    )
    .detail(lines.join("\n"))
    .hint("a trigger may change what is written (see \"ignore\"), or the source changes while it is read"))
}
