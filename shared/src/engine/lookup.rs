//! The first of the checks: columns that are looked up get their values, before keys and references
//! are looked at.

use crate::error::{Error, Kind, Result};
use crate::plan::MissingLookup;
use crate::planner::{self, From, Task};
use crate::session::Session;
use crate::sql::{self, Known, Search, Temps};
use crate::types::ColumnType;
use crate::value::{Value, first};

use super::check::{refuse, shown};
use super::outcome::Tally;

/// Makes the lookups of all tasks, each after those whose columns it reads.
///
/// Errors: 21000 where a key has different answers, 23503 where a row finds nothing and may not,
/// 22003 and 22001 for an answer that the column cannot hold.
pub(crate) fn make(s: &mut dyn Session, known: Known<'_>, tallies: &mut [Tally]) -> Result<()> {
    for (index, lookup) in planner::lookup_order(known.tasks)? {
        let (Some(task), Some(temps)) = (known.tasks.get(index), known.temps.get(index)) else { continue };
        let Some(search) = search(task, temps, lookup) else { continue };
        let refused = make_one(s, &search, known)?;
        if let Some(tally) = tallies.get_mut(index) {
            tally.refused += refused;
        }
        // What was known of the column is that it is NULL everywhere.
        if let Some(analyze) = &temps.staging.analyze {
            s.execute(analyze, &[])?;
        }
    }
    Ok(())
}

/// What the statements of a task's lookup need; None where the task has no such lookup.
pub(crate) fn search<'a>(task: &'a Task, temps: &'a Temps, lookup: usize) -> Option<Search<'a>> {
    let (plan, found) = task.plan.lookups.get(lookup).zip(task.lookups.get(lookup))?;
    let set = task.columns.iter().find(|c| c.from == From::Lookup(lookup))?;
    Some(Search { task, temps, plan, link: &found.link, taking: found.taking, ty: &set.column.ty })
}

/// Returns how many rows were refused.
fn make_one(s: &mut dyn Session, search: &Search<'_>, known: Known<'_>) -> Result<i64> {
    let dialect = s.facts().dialect;
    one_answer(s, search, known)?;
    let mut refused = 0;
    match search.plan.on_missing {
        MissingLookup::Error => {
            let rows = s.query(&sql::lookup_missing(dialect, search, known), &[])?;
            if let Some(count) = first(&rows).and_then(Value::as_int) {
                return Err(missing(search, count, &rows));
            }
        }
        MissingLookup::Quarantine => {
            // In its own table a refused row may be what another one would have found.
            let statement = sql::lookup_refuse(dialect, search, known);
            loop {
                let more = refuse(s, search.task, search.temps, &statement)?;
                if more == 0 {
                    break;
                }
                refused += more;
                one_answer(s, search, known)?;
            }
        }
        MissingLookup::Null => {}
    }
    if let Some(statement) = sql::lookup_misfits(dialect, search, known) {
        let rows = s.query(&statement, &[])?;
        if !rows.is_empty() {
            return Err(misfits(search, &rows));
        }
    }
    s.execute(&sql::lookup_fill(dialect, search, known), &[])?;
    Ok(refused)
}

/// Errors: 21000 where a key that is searched for has different answers.
fn one_answer(s: &mut dyn Session, search: &Search<'_>, known: Known<'_>) -> Result<()> {
    let rows = s.query(&sql::lookup_ambiguous(s.facts().dialect, search, known), &[])?;
    if rows.is_empty() { Ok(()) } else { Err(ambiguous(search, &rows)) }
}

fn ambiguous(search: &Search<'_>, rows: &[Vec<Value>]) -> Error {
    let by = search.link.parent_columns.join(", ");
    let lines = rows.iter().map(|row| {
        let (count, key) = row.split_last().map_or((0, &[][..]), |(n, key)| (n.as_int().unwrap_or(0), key));
        format!("({by}) = ({}) has {count} values of {}", shown(key), search.plan.take)
    });
    let message = format!("a lookup in \"{}\" has more than one answer", search.plan.table);
    Error::new(Kind::DuplicateKey, message)
        .detail(about(search, lines))
        .hint("match by columns that identify a row")
}

fn missing(search: &Search<'_>, count: i64, rows: &[Vec<Value>]) -> Error {
    let by = search.plan.match_columns.values().cloned().collect::<Vec<_>>().join(", ");
    let lines = rows.iter().map(|row| {
        format!("({by}) = ({}) is not in {}", shown(row.get(1..).unwrap_or_default()), search.plan.table)
    });
    let verb = if count == 1 { "row finds" } else { "rows find" };
    Error::new(Kind::MissingReference, format!("{count} {verb} nothing in \"{}\"", search.plan.table))
        .detail(about(search, lines))
        .hint(
            "import the missing rows first, or set the lookup's \"on_missing\" to \"quarantine\" or \"null\"",
        )
}

fn misfits(search: &Search<'_>, rows: &[Vec<Value>]) -> Error {
    let text = matches!(search.ty, ColumnType::Text { .. });
    let (kind, what) =
        if text { (Kind::TooLong, "is too long") } else { (Kind::OutOfRange, "is out of range") };
    let lines = rows.iter().map(|row| format!("{} {what} for the column", shown(row)));
    Error::new(kind, format!("a value of \"{}\" does not fit where a lookup sets it", search.plan.table))
        .detail(about(search, lines))
}

fn about(search: &Search<'_>, lines: impl Iterator<Item = String>) -> String {
    let lines = lines.collect::<Vec<_>>().join("\n");
    format!("Column \"{}\" of table \"{}\":\n{lines}", search.plan.set, search.task.name)
}
