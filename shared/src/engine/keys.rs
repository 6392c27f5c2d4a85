//! Keys of staged rows, by the plan's `on_null_key` and `on_duplicate_key`.

use crate::error::{Error, Kind, Result};
use crate::plan::{DuplicateKey, Refuse};
use crate::planner::{From, Task};
use crate::session::Session;
use crate::sql::{self, Temps};
use crate::value::{Value, count, first};

use super::check::{refuse, shown};
use super::outcome::Tally;

/// Refuses, drops or reports rows without a key and rows that share one, once lookups are made.
/// NULLs that came from the source itself were seen when it was loaded.
///
/// Errors: 23502 for a NULL that a lookup left in a key or a NOT NULL column, 21000 where rows
/// share a key, both unless the policy is milder.
pub(crate) fn settle(
    s: &mut dyn Session,
    tasks: &[Task],
    temps: &[Temps],
    tallies: &mut [Tally],
) -> Result<()> {
    for ((task, temps), tally) in tasks.iter().zip(temps).zip(tallies) {
        let looked_up = task.columns.iter().filter(|c| matches!(c.from, From::Lookup(_)));
        let in_key = |name: &String| task.unique_key().contains(name);
        let names = looked_up.filter(|c| c.column.not_null || in_key(&c.column.name));
        let (key, other): (Vec<String>, Vec<String>) = names.map(|c| c.column.name.clone()).partition(in_key);
        nulls(s, task, temps, tally, &key, "null_key", task.plan.on_null_key)?;
        nulls(s, task, temps, tally, &other, "bad_value", task.plan.on_bad_value)?;
        if !task.unique_key().is_empty() {
            duplicates(s, task, temps, tally)?;
        }
    }
    Ok(())
}

fn nulls(
    s: &mut dyn Session,
    task: &Task,
    temps: &Temps,
    tally: &mut Tally,
    columns: &[String],
    reason: &str,
    policy: Refuse,
) -> Result<()> {
    if columns.is_empty() {
        return Ok(());
    }
    if policy == Refuse::Quarantine {
        tally.refused += refuse(s, task, temps, &sql::refuse_nulls(task, temps, columns, reason))?;
        return Ok(());
    }
    let rows = s.query(&sql::find_nulls(task, temps, columns), &[])?;
    let Some(count) = first(&rows).and_then(Value::as_int) else { return Ok(()) };
    let lines =
        rows.iter().map(|row| format!("row {} of the source", shown(row.get(1..).unwrap_or_default())));
    let lines = lines.collect::<Vec<_>>().join("\n");
    Err(Error::new(
        Kind::NullValue,
        format!("lookups leave NULL in ({}) of table \"{}\"", columns.join(", "), task.name),
    )
    .detail(format!("{count} rows:\n{lines}")))
}

fn duplicates(s: &mut dyn Session, task: &Task, temps: &Temps, tally: &mut Tally) -> Result<()> {
    let dialect = s.facts().dialect;
    let also_refused = tally.refused > 0;
    if task.plan.on_duplicate_key == DuplicateKey::Quarantine {
        let statement = sql::refuse_duplicates(dialect, task, temps, also_refused);
        tally.refused += refuse(s, task, temps, &statement)?;
        return Ok(());
    }
    let rows = s.query(&sql::duplicate_keys(dialect, task, temps, also_refused), &[])?;
    if rows.is_empty() {
        return Ok(());
    }
    if task.plan.on_duplicate_key == DuplicateKey::Error {
        return Err(shared(task, &rows));
    }
    let mut statements = sql::delete_losers(dialect, task, temps, also_refused);
    if let Some(staged) = statements.pop() {
        // Losers that were refused go first; they are no longer quarantined then.
        for refused in statements {
            let lost = count(s.execute(&refused, &[])?);
            tally.refused -= lost;
            tally.skipped += lost;
        }
        tally.skipped += count(s.execute(&staged, &[])?);
    }
    Ok(())
}

fn shared(task: &Task, rows: &[Vec<Value>]) -> Error {
    let lines = rows.iter().map(|row| {
        let (count, key) =
            row.split_last().map_or((0, &[][..]), |(count, key)| (count.as_int().unwrap_or(0), key));
        format!("({}) = ({}) occurs {count} times", task.key.join(", "), shown(key))
    });
    Error::new(Kind::DuplicateKey, format!("the source of \"{}\" has rows with the same key", task.name))
        .detail(lines.collect::<Vec<_>>().join("\n"))
        .hint("mend the source, or set \"on_duplicate_key\" to \"quarantine\" or \"last\"")
}
