//! A run over the quarantine alone, after the cause of what it holds was mended.

use crate::catalog::RelName;
use crate::error::{Error, Kind, Result};
use crate::plan::{ColumnSource, TablePlan, Write};
use crate::planner::{self, Rule, SourceShape, Wanted};
use crate::report::ReportRow;
use crate::session::{Level, Notice, Session};
use crate::sql;
use crate::types::ColumnType;

use super::phase::{self, Kind as RunKind};
use super::prepare::{self, Prepared};
use super::run::Request;
use super::{restage, state};

/// Tries the quarantined rows of a phase again: those that pass now are inserted, or update the row
/// that has their key, and leave the quarantine; nothing is deleted. No source is read. Returns a
/// report of the tables that had such rows.
///
/// Errors: those of `sync_phase`; 42703 and 55000 for rows that were refused under another plan and
/// lack a column of this one.
pub fn replay_quarantine(s: &mut dyn Session, phase: &str) -> Result<Vec<ReportRow>> {
    if s.facts().read_only {
        return Err(Error::new(Kind::ReadOnly, "cannot replay in a read-only transaction"));
    }
    let stored = state::plan(s)?;
    phase::lock(s, phase)?;
    phase::may_run(s, &stored, phase)?;
    let planned = stored.phase(phase)?;
    let names = state::phase_tables(s, phase)?;
    let refused = s.query(&sql::count_quarantined(s.facts().dialect), &[phase.into()])?;
    let refused: Vec<(&str, i64)> =
        refused.iter().filter_map(|r| Some((r.first()?.as_str()?, r.get(1)?.as_int()?))).collect();
    // All listings of a table, so that each keeps its place among them.
    let tried = |plan: &TablePlan| {
        let entries = listings(&planned.tables).zip(&planned.tables).filter(|(_, p)| p.table == plan.table);
        entries.into_iter().any(|(entry, _)| refused.iter().any(|(name, _)| *name == entry))
    };
    let chosen = planned.tables.iter().zip(names).filter(|(plan, _)| tried(plan));
    let (plans, names): (Vec<TablePlan>, Vec<RelName>) =
        chosen.map(|(plan, name)| (without_limits(plan), name)).unzip();
    let own: Vec<String> = listings(&planned.tables).collect();
    let restored: Vec<_> = refused.iter().filter(|(name, _)| !own.iter().any(|own| own == name)).collect();
    if !restored.is_empty() {
        s.notice(&left_by_restores(phase, &restored));
    } else if plans.is_empty() {
        s.notice(&Notice::new(Level::Info, format!("nothing of phase \"{phase}\" is quarantined")));
    }
    if plans.is_empty() {
        return Ok(Vec::new());
    }
    let mut rounds = [prepare(s, phase, &plans, &names)?];
    let request = Request { phase: Some(phase.to_owned()), ..Request::full(RunKind::Replay) };
    phase::finish(s, &stored, phase, &request, &mut rounds)
}

/// What a replay cannot try, because it is rows of a backup: (entry, count).
fn left_by_restores(phase: &str, refused: &[&(&str, i64)]) -> Notice {
    let lines = refused.iter().map(|(entry, count)| format!("{entry}: {count} rows."));
    Notice {
        detail: Some(lines.collect::<Vec<_>>().join("\n")),
        hint: Some("mend the backup, or what its rows refer to, and call import_backup again".to_owned()),
        ..Notice::new(
            Level::Info,
            format!(
                "what restores refused of phase \"{phase}\" stays quarantined: a replay does not read backups"
            ),
        )
    }
}

/// What is quarantined already does not count against `max_quarantine`, and nothing is deleted by `scope`.
fn without_limits(plan: &TablePlan) -> TablePlan {
    TablePlan { max_quarantine: None, scope: Vec::new(), ..plan.clone() }
}

/// What the quarantine calls the listings of a phase.
fn listings(plans: &[TablePlan]) -> impl Iterator<Item = String> {
    let before = |i: usize, table: &str| plans.iter().take(i).filter(|p| p.table == table).count();
    plans.iter().enumerate().map(move |(i, plan)| planner::entry(&plan.table, before(i, &plan.table)))
}

/// The tasks, with the columns that the entries of each table have.
fn prepare(s: &mut dyn Session, phase: &str, plans: &[TablePlan], names: &[RelName]) -> Result<Prepared> {
    let tables = prepare::find_tables(s, plans, names)?;
    let dialect = s.facts().dialect;
    let mut tasks = Vec::with_capacity(plans.len());
    for (ordinal, ((plan, entry), table)) in plans.iter().zip(listings(plans)).zip(tables).enumerate() {
        let staged = restage::shape(s, phase, &entry)?;
        let mut wanted = prepare::wanted(s, plan, None)?;
        for (name, ty) in &staged {
            // What the source would say of a column that is only sorted by, where the plan does not.
            if let Some(wanted) = place(name).and_then(|i| wanted.get_mut(i))
                && matches!(wanted.rule, Rule::Cursor | Rule::Group(_) | Rule::Sort)
                && wanted.ty == (ColumnType::Text { max_chars: None })
            {
                (wanted.ty, wanted.sql_type) = (ty.clone(), sql::type_name(dialect, ty));
            }
        }
        let names: Vec<String> = staged.keys().filter_map(|name| source_of(name, plan, &wanted)).collect();
        let columns: Vec<&str> = names.iter().map(String::as_str).collect();
        let shape = SourceShape { label: "the quarantine", columns: &columns };
        // Of a listing without entries any columns will do.
        let shape = Some(shape).filter(|_| !staged.is_empty());
        let mut task = planner::bind(ordinal, plan, table, shape, &wanted)?;
        if task.write.deletes() {
            task.write = Write::Upsert;
        }
        tasks.push(task);
    }
    let inputs = plans.iter().map(|_| None).collect();
    prepare::finish(s, tasks, inputs, plans)
}

/// The source's column that a column of staging is filled from; None for a constant, for what is
/// looked up, and for one that no rule needs any more.
fn source_of(staged: &str, plan: &TablePlan, wanted: &[Wanted]) -> Option<String> {
    if plan.lookups.iter().any(|l| l.set == staged) {
        return None;
    }
    match plan.columns.get(staged) {
        Some(ColumnSource::Column { name, .. }) => return Some(planner::source_name(plan, name)),
        Some(ColumnSource::Path { path, .. }) => return Some(path.to_string()),
        Some(ColumnSource::Value(_)) => return None,
        None => {}
    }
    match place(staged) {
        Some(index) => wanted.get(index).map(|w| planner::rule_name(plan, &w.source)),
        None => Some(planner::unmapped_name(plan, staged)),
    }
}

/// The place of an extra column of staging (`_x_0`, `_x_0_`) among those that rules want.
fn place(staged: &str) -> Option<usize> {
    staged.strip_prefix("_x_")?.trim_end_matches('_').parse().ok()
}
