//! `verify_phase`: sources against targets, row by row, by the same staging, checks and comparison
//! as a run, which ends before anything is written.

use std::path::Path;

use crate::api::VerifyOptions;
use crate::catalog::Column;
use crate::checksum::Checksum;
use crate::error::{Error, Kind, Result};
use crate::planner::Task;
use crate::report::VerifyRow;
use crate::session::Session;
use crate::sql::{self, Sql, Temps};
use crate::types::ColumnType;
use crate::value::Value;

use super::compare::Counts;
use super::outcome::Outcome;
use super::owners::Owners;
use super::phase::Kind as RunKind;
use super::prepare::{self, Prepared};
use super::run::{self, Request};
use super::{progress::Progress, state, stub};

/// How many examples of a kind are shown where the call does not say.
const EXAMPLES: u32 = 5;
/// The most that are.
const MOST: u32 = 1000;
/// How many rows are fetched at a time.
const FETCHED: usize = 4096;

/// Compares the sources of a phase with its tables and answers a row per table, in plan order.
/// Nothing but temporary tables is written, nothing is locked, and no guard applies.
///
/// Errors: 25006 where no temporary table can be made, 42704 no such phase, 22023 an option that
/// cannot be meant, 42804 a target value that its column's type cannot hold, and those of sources,
/// values and references, as of a sync.
pub fn verify_phase(s: &mut dyn Session, phase: &str, options: &VerifyOptions) -> Result<Vec<VerifyRow>> {
    let limit = match options.examples {
        None => EXAMPLES,
        Some(n) => u32::try_from(n).ok().filter(|n| *n <= MOST).ok_or_else(|| {
            Error::new(Kind::InvalidParameter, format!("examples {n} is not a number from 0 to {MOST}"))
        })?,
    };
    if !s.facts().temp_tables {
        return Err(Error::new(Kind::ReadOnly, "cannot verify where no temporary table can be made").detail(
            "PostgreSQL makes none in a read-only transaction or on a standby, SQLite none with query_only.",
        ));
    }
    let stored = state::plan(s)?;
    let planned = stored.phase(phase)?;
    let root = options.root.as_deref().or(stored.plan.root.as_deref()).map(Path::new);
    let names = state::phase_tables(s, phase)?;
    let mut rounds = prepare::prepare(s, &planned.tables, &names, Some(root))?;
    let owners = Owners::stored(s, &stored.plan)?;
    for round in &mut rounds {
        owners.refer(s, &mut round.tasks)?;
        stub::prepare(s, round, &owners)?;
    }
    let mut rows = Vec::new();
    let request = Request { phase: Some(phase.to_owned()), ..Request::full(RunKind::Verify) };
    run::run(s, &mut rounds, &request, &mut |s, rounds, outcomes| {
        rows = measure(s, phase, rounds, outcomes, limit)?;
        Ok(())
    })?;
    Ok(rows)
}

/// The rows of the answer, in plan order.
fn measure(
    s: &mut dyn Session,
    phase: &str,
    rounds: &[Prepared],
    outcomes: &[Outcome],
    limit: u32,
) -> Result<Vec<VerifyRow>> {
    let dialect = s.facts().dialect;
    let mut rows = Vec::new();
    let tasks = rounds.iter().zip(outcomes).flat_map(|(round, outcome)| {
        let tasks = round.tasks.iter().zip(&round.temps).zip(&outcome.counts);
        tasks.map(|((task, temps), counts)| (task, temps, counts, &round.progress))
    });
    for (task, temps, counts, clock) in tasks {
        let columns = sql::verified_columns(task);
        let source = checksum(s, task, &columns, &sql::verify_source(dialect, task, temps, &columns), clock)?;
        let target = checksum(s, task, &columns, &sql::verify_target(dialect, task, temps, &columns), clock)?;
        let row = VerifyRow {
            phase: phase.to_owned(),
            table_name: task.name.clone(),
            write: task.write.name().to_owned(),
            source_rows: counts.staged,
            target_rows: target.rows,
            matching: counts.unchanged(),
            missing: counts.inserts,
            extra: counts.deletes,
            different: counts.updates,
            preserved: counts.preserved,
            quarantined: counts.refused,
            skipped: counts.skipped,
            source_checksum: source.to_string(),
            target_checksum: target.to_string(),
            examples: examples(s, task, temps, counts, limit)?,
        };
        rows.push((task.ordinal, row));
    }
    rows.sort_by_key(|(ordinal, _)| *ordinal);
    Ok(rows.into_iter().map(|(_, row)| row).collect())
}

/// The checksum of a query's rows.
fn checksum(
    s: &mut dyn Session,
    task: &Task,
    columns: &[&Column],
    statement: &Sql,
    clock: &Progress,
) -> Result<Checksum> {
    // A column without a type is read as the text of a literal.
    let types: Vec<ColumnType> = columns
        .iter()
        .map(|c| match &c.ty {
            ColumnType::Any => ColumnType::Text { max_chars: None },
            ty => ty.clone(),
        })
        .collect();
    let mut sum = Checksum::default();
    let cursor = s.cursor_open(statement, &[])?;
    while let Some(batch) = s.cursor_fetch(cursor, &types, FETCHED)? {
        s.check_interrupt()?;
        sum.add(&batch, &types)?;
        clock.reached(s, "adding up", &task.name, sum.rows);
    }
    s.cursor_close(cursor)?;
    clock.done(s, "added up", &task.name, Some(sum.rows));
    Ok(sum)
}

/// Up to `limit` rows of each kind, as a JSON object; those that differ with the columns that do.
fn examples(s: &mut dyn Session, task: &Task, temps: &Temps, counts: &Counts, limit: u32) -> Result<String> {
    let dialect = s.facts().dialect;
    let mut kinds = Vec::new();
    let listed = [
        ("missing", counts.inserts, sql::verify_rows(dialect, task, temps, 'i', limit)),
        ("extra", counts.deletes, sql::verify_rows(dialect, task, temps, 'd', limit)),
        ("preserved", counts.preserved, sql::verify_rows(dialect, task, temps, 'p', limit)),
        ("quarantined", counts.refused, sql::verify_refused(dialect, task, temps, limit)),
    ];
    for (name, count, statement) in listed {
        if count > 0 && limit > 0 {
            let rows = s.query(&statement, &[])?;
            kinds.push(format!("\"{name}\": [{}]", joined(rows.iter().map(|row| key(row)))));
        }
    }
    if counts.updates > 0 && limit > 0 {
        let rows = s.query(&sql::verify_different(dialect, task, temps, limit), &[])?;
        let rows = rows.iter().map(|row| {
            let (names, values) =
                row.split_at_checked(row.len() - task.updated().count()).unwrap_or((row, &[]));
            let columns = task.updated().zip(values).filter_map(|(column, value)| {
                Some(format!("{}: {}", quoted(&column.column.name), value.as_str()?))
            });
            format!("{{\"key\": {}, \"columns\": {{{}}}}}", key(names), joined(columns))
        });
        kinds.push(format!("\"different\": [{}]", joined(rows)));
    }
    Ok(format!("{{{}}}", kinds.join(", ")))
}

/// Texts as a JSON array.
fn key(values: &[Value]) -> String {
    let texts = values.iter().map(|value| value.as_str().map_or_else(|| "null".to_owned(), quoted));
    format!("[{}]", joined(texts))
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}
