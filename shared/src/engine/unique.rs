//! Step 6 of a run: no two rows may hold one value of a secondary unique key.

use crate::catalog::UniqueKey;
use crate::error::{Error, Kind, Result};
use crate::plan::Refuse;
use crate::planner::Task;
use crate::session::Session;
use crate::sql::{self, Holders};
use crate::value::Value;

use super::check::{refuse, shown};
use super::compare::Counts;
use super::outcome::Tally;
use super::prepare::Prepared;

/// Looks for staged rows whose value another staged row has, or a row that stays, and counts those
/// that are refused. All rows that share a staged value are refused: none is better than the other.
/// True where there were any: what refers to them must be checked again.
///
/// Errors: 23505 where the policy is `error`.
pub(crate) fn conflicts(s: &mut dyn Session, prepared: &Prepared, tallies: &mut [Tally]) -> Result<bool> {
    let mut any = false;
    for (index, tally) in tallies.iter_mut().enumerate() {
        any |= look(s, prepared, index, tally, Holders::Staying)?;
    }
    Ok(any)
}

/// The same for the values of retained rows, which the change sets know. True where rows were refused:
/// the change sets must be made again.
///
/// Errors: 23505 where the policy is `error`.
pub(crate) fn conflicts_with_retained(
    s: &mut dyn Session,
    prepared: &Prepared,
    counts: &[Counts],
    tallies: &mut [Tally],
) -> Result<bool> {
    let mut any = false;
    for (index, (counts, tally)) in counts.iter().zip(tallies).enumerate() {
        if counts.retained > 0 && counts.inserts + counts.updates > 0 {
            any |= look(s, prepared, index, tally, Holders::Retained)?;
        }
    }
    Ok(any)
}

/// One look at one table's keys; whether rows were refused.
fn look(
    s: &mut dyn Session,
    prepared: &Prepared,
    index: usize,
    tally: &mut Tally,
    holders: Holders,
) -> Result<bool> {
    let Some((task, temps)) = prepared.tasks.get(index).zip(prepared.temps.get(index)) else {
        return Ok(false);
    };
    let (dialect, stubs) = (s.facts().dialect, prepared.stubs.is_open(index));
    let mut any = false;
    for unique in task.secondary_uniques() {
        if task.plan.on_unique_conflict == Refuse::Error {
            let statement = sql::find_unique_conflicts(dialect, task, temps, unique, stubs, holders);
            let rows = s.query(&statement, &[])?;
            if !rows.is_empty() {
                return Err(conflict(task, unique, &rows));
            }
            continue;
        }
        let statement = sql::refuse_unique_conflicts(dialect, task, temps, unique, stubs, holders);
        let refused = refuse(s, task, temps, &statement)?;
        tally.refused += refused;
        any |= refused > 0;
    }
    Ok(any)
}

fn conflict(task: &Task, unique: &UniqueKey, rows: &[Vec<Value>]) -> Error {
    let columns = unique.columns.join(", ");
    let lines = rows.iter().map(|row| {
        let (values, rest) = row.split_at(unique.columns.len().min(row.len()));
        let count = rest.first().and_then(Value::as_int).unwrap_or_default();
        let held = rest.get(1).and_then(Value::as_int) == Some(1);
        let staged = if count == 1 { "1 source row".to_owned() } else { format!("{count} source rows") };
        let stays = if held { " and in a row that stays" } else { "" };
        format!("({columns}) = ({}) is in {staged}{stays}", shown(values))
    });
    Error::new(Kind::UniqueViolation, format!("rows of \"{}\" would share a value of ({columns})", task.name))
        .detail(lines.collect::<Vec<_>>().join("\n"))
        .hint("correct the source, or set \"on_unique_conflict\" to \"quarantine\"")
}
