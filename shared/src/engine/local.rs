//! Staged rows whose key belongs to a local row, by the plan's `on_local_conflict`.

use crate::error::{Error, Kind, Result};
use crate::plan::LocalConflict;
use crate::planner::Task;
use crate::session::{Level, Notice, Session};
use crate::sql::{self, Temps};
use crate::value::{Value, count, first};

use super::check::shown;
use super::compare::Counts;
use super::outcome::Tally;

/// Looks at the preserved rows that differ from the local row that has their key. `keep` warns,
/// `quarantine` refuses them: they count as quarantined instead of preserved.
///
/// Errors: 55000 where the policy is `error`.
pub(crate) fn conflicts(
    s: &mut dyn Session,
    task: &Task,
    temps: &Temps,
    counts: &mut Counts,
    tally: &mut Tally,
) -> Result<()> {
    let by_key = counts.preserved > 0 && !task.key.is_empty();
    let Some(mark) = task.protecting_mark().filter(|_| by_key) else { return Ok(()) };
    let dialect = s.facts().dialect;
    if task.plan.on_local_conflict == LocalConflict::Quarantine {
        let Some(refuse) = sql::refuse_conflicts(dialect, task, temps, mark) else { return Ok(()) };
        let refused = count(s.execute(&refuse, &[])?);
        if refused > 0 {
            s.execute(&sql::drop_preserved(task, temps), &[])?;
            s.execute(&sql::remove_refused(task, temps), &[])?;
            tally.refused += refused;
            counts.refused += refused;
            counts.preserved -= refused;
        }
        return Ok(());
    }
    let Some(find) = sql::find_conflicts(dialect, task, temps, mark) else { return Ok(()) };
    let rows = s.query(&find, &[])?;
    let Some(count) = first(&rows).and_then(Value::as_int) else { return Ok(()) };
    let verb = if count == 1 { "row differs" } else { "rows differ" };
    let message = format!("{count} local {verb} from the source of \"{}\"", task.name);
    let detail = rows.iter().map(|row| line(task, row)).collect::<Vec<_>>().join("\n");
    if task.plan.on_local_conflict == LocalConflict::Error {
        return Err(Error::new(Kind::NotInState, message)
            .detail(detail)
            .hint("set \"on_local_conflict\" to \"keep\" or \"quarantine\", or make the rows equal"));
    }
    tally.notes.push(message.clone());
    s.notice(&Notice { level: Level::Warning, message, detail: Some(detail), hint: None });
    Ok(())
}

/// One conflict: its key, and the columns that differ.
fn line(task: &Task, row: &[Value]) -> String {
    let (names, key) = row.get(1..).and_then(<[Value]>::split_last).unwrap_or((&Value::Null, &[]));
    format!("({}) = ({}) differs in {}", task.key.join(", "), shown(key), names.as_str().unwrap_or_default())
}
