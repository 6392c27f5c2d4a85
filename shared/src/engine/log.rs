//! Step 9 of a run: what happened, kept in the same transaction as the data.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::error::{Error, Result};
use crate::plan::Source;
use crate::report::ReportRow;
use crate::session::Session;
use crate::sql;
use crate::value::{Value, count, first};

use super::cursor;
use super::outcome::{Outcome, report};
use super::phase::Kind as RunKind;
use super::prepare::Prepared;
use super::restage;
use super::stub;

/// A run on its way into the log.
pub(crate) struct Entry<'a> {
    pub phase: &'a str,
    pub kind: RunKind,
    pub plan_id: i64,
    /// UTC, `2026-01-31 05:00:00.000Z`.
    pub started: String,
    pub keep_days: Option<u32>,
    /// Whether all tables of the phase were run.
    pub whole: bool,
}

impl Entry<'_> {
    /// Keeps a run that succeeded: its row, its report, and (unless it only looked) the
    /// quarantine and the time of the phase's last sync.
    pub fn succeeded(&self, s: &mut dyn Session, rounds: &[Prepared], outcomes: &[Outcome]) -> Result<()> {
        let dialect = s.facts().dialect;
        let inputs = rounds.iter().flat_map(|round| &round.inputs);
        let oldest = inputs.flatten().filter_map(|input| input.oldest).min();
        let run_id = self.insert(s, "ok", oldest.map(instant))?;
        let both = || rounds.iter().zip(outcomes);
        let mut tasks: Vec<_> =
            both().flat_map(|(r, o)| r.tasks.iter().zip(&o.tallies).zip(&o.examples)).collect();
        tasks.sort_by_key(|((task, _), _)| task.ordinal);
        let rows = report(Some(self.phase), rounds, outcomes);
        for (row, ((task, tally), examples)) in rows.iter().zip(&tasks) {
            if row.phase.as_deref() != Some(self.phase) {
                continue;
            }
            let notes = task.warnings.iter().chain(&tally.notes).map(String::as_str);
            let notes = Some(notes.collect::<Vec<_>>().join("\n")).filter(|n| !n.is_empty());
            keep_row(s, run_id, count(task.ordinal), row, notes, (*examples).clone())?;
        }
        // Those of stubs and snapshots come after all tables that the phase has.
        let last = tasks.last().map_or(0, |((task, _), _)| task.ordinal);
        let examples = outcomes.iter().flat_map(|o| &o.made_examples);
        let examples = examples.flatten().cloned().map(Some).chain(std::iter::repeat(None));
        for (n, (row, examples)) in rows.iter().skip(tasks.len()).zip(examples).enumerate() {
            let ordinal = count(last + 1 + n);
            keep_row(s, run_id, ordinal, row, None, examples)?;
        }
        for (round, outcome) in both() {
            if matches!(self.kind, RunKind::Sync | RunKind::Replay | RunKind::Restore) {
                self.keep_quarantine(s, round, outcome, run_id)?;
            }
            if matches!(self.kind, RunKind::Sync | RunKind::Replay) {
                stub::keep(s, self.phase, round, run_id)?;
            }
            if self.kind == RunKind::Sync {
                round.kept.iter().try_for_each(|kept| kept.store(s, self.phase, run_id))?;
                cursor::keep(s, self.phase, run_id, round, outcome)?;
            }
        }
        if self.kind == RunKind::Sync && self.whole {
            s.execute(&sql::mark_synced(dialect), &[self.phase.into()])?;
        }
        s.execute(&sql::finish_run(dialect), &[run_id.into()])?;
        for statement in self.keep_days.iter().flat_map(|days| sql::prune_runs(dialect, *days)) {
            s.execute(&statement, &[])?;
        }
        Ok(())
    }

    /// Keeps a run that failed.
    pub fn failed(&self, s: &mut dyn Session, error: &Error) -> Result<()> {
        let run_id = self.insert(s, "failed", None)?;
        let args: [Value; 5] = [
            error.kind.sqlstate().into(),
            error.message.as_str().into(),
            error.detail.clone().into(),
            error.hint.clone().into(),
            run_id.into(),
        ];
        let dialect = s.facts().dialect;
        s.execute(&sql::fail_run(dialect), &args)?;
        Ok(())
    }

    fn insert(&self, s: &mut dyn Session, status: &str, source_time: Option<String>) -> Result<i64> {
        let (dialect, role) = (s.facts().dialect, s.facts().role.clone());
        let args: [Value; 7] = [
            self.phase.into(),
            self.kind.name().into(),
            status.into(),
            self.plan_id.into(),
            self.started.as_str().into(),
            role.into(),
            source_time.into(),
        ];
        let rows = s.query(&sql::insert_run(dialect), &args)?;
        Ok(first(&rows).and_then(Value::as_int).unwrap_or_default())
    }

    fn keep_quarantine(
        &self,
        s: &mut dyn Session,
        prepared: &Prepared,
        outcome: &Outcome,
        run_id: i64,
    ) -> Result<()> {
        let dialect = s.facts().dialect;
        let tasks = prepared.tasks.iter().zip(&prepared.temps);
        for ((task, temps), (counts, tally)) in tasks.zip(outcome.counts.iter().zip(&outcome.tallies)) {
            if task.phase().is_some_and(|phase| phase != self.phase) {
                continue;
            }
            let (phase, table): (Value, Value) = (self.phase.into(), task.entry.as_str().into());
            let forget = match restage::knows_all(self.kind, task) {
                true => sql::quarantine_forget(dialect, task, temps),
                false => sql::quarantine_forget_read(dialect, task, temps),
            };
            s.execute(&forget, &[phase.clone(), table.clone()])?;
            if counts.refused > 0 {
                let placed = matches!(task.plan.source, Some(Source::Documents(_)));
                let args = [phase, table, run_id.into(), if placed { tally.restaged } else { 0 }.into()];
                s.execute(&sql::quarantine_keep(dialect, task, temps), &args)?;
            }
        }
        Ok(())
    }
}

fn keep_row(
    s: &mut dyn Session,
    run_id: i64,
    ordinal: i64,
    row: &ReportRow,
    notes: Option<String>,
    examples: Option<String>,
) -> Result<()> {
    let counts = [
        row.staged,
        row.inserted,
        row.updated,
        row.unchanged,
        row.deleted,
        row.preserved,
        row.quarantined,
        row.skipped,
        row.elapsed_ms,
    ];
    let mut args: Vec<Value> = vec![run_id.into(), ordinal.into()];
    args.extend([row.table_name.clone(), row.write.clone(), row.mode.clone()].map(Value::from));
    args.extend(counts.map(Value::from));
    args.extend([Value::from(notes), examples.into()]);
    s.execute(&sql::insert_run_table(s.facts().dialect), &args)?;
    Ok(())
}

/// The time now as the log keeps it.
pub(crate) fn now() -> String {
    instant(SystemTime::now())
}

/// An instant as the log keeps it: UTC, `2026-01-31 05:00:00.000Z`.
pub(crate) fn instant(time: SystemTime) -> String {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    let time = chrono::DateTime::from_timestamp(
        i64::try_from(since.as_secs()).unwrap_or_default(),
        since.subsec_nanos(),
    );
    time.unwrap_or_default().format("%Y-%m-%d %H:%M:%S%.3fZ").to_string()
}
