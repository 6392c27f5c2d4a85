//! Rows that a trigger made other than they were written: every run would write them again.

use crate::error::Result;
use crate::plan::Write;
use crate::planner::Task;
use crate::session::{Level, Notice, Session};
use crate::sql::{self, Temps};
use crate::value::Value;

use super::compare::Counts;
use super::outcome::Tally;

/// Compares the rows just written with what was to be written, where the target has triggers, and
/// warns once per table.
pub(super) fn look(
    s: &mut dyn Session,
    task: &Task,
    temps: &Temps,
    counts: &Counts,
    tally: &mut Tally,
) -> Result<()> {
    let triggers: Vec<&str> =
        task.target.triggers.iter().filter(|t| t.enabled).map(|t| t.name.as_str()).collect();
    if triggers.is_empty() || counts.inserts + counts.updates == 0 || task.write == Write::InsertOnly {
        return Ok(());
    }
    let Some(statement) = sql::count_rewritten(s.facts().dialect, task, temps) else { return Ok(()) };
    let row = s.query(&statement, &[])?.pop().unwrap_or_default();
    let changed: Vec<String> = task
        .updated()
        .zip(row.iter().filter_map(Value::as_int))
        .filter(|(_, count)| *count > 0)
        .map(|(staged, count)| format!("\"{}\" in {count} rows", staged.column.name))
        .collect();
    if changed.is_empty() {
        return Ok(());
    }
    let message = format!("a trigger of \"{}\" changed what was written", task.name);
    let detail = format!("It changed {}. Triggers: {}.", changed.join(", "), triggers.join(", "));
    tally.notes.push(format!("{message}. {detail}"));
    s.notice(&Notice {
        level: Level::Warning,
        message,
        detail: Some(detail),
        hint: Some("put the column into \"ignore\": every run writes these rows again".to_owned()),
    });
    Ok(())
}
