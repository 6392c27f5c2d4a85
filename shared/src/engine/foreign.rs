//! Targets on another server: nothing is locked there, no catalog says which rows are unique, and every
//! key that a statement speaks of has to travel.

use crate::error::{Error, Kind, Result};
use crate::planner::Task;
use crate::session::Session;
use crate::sql::{self, Sql, Temps};

use super::check::shown;
use super::guard::single_count;

/// How many keys travel with one statement.
const AT_ONCE: i64 = 10_000;

/// Whether so few rows are meant that their keys can tell the other server which ones to send.
pub(super) fn few(rows: i64) -> bool {
    rows <= AT_ONCE
}

/// Makes sure that the key which the plan names tells the rows of a foreign table apart. Errors: 42P10.
pub(super) fn told_apart(s: &mut dyn Session, task: &Task, temps: &Temps, few: bool) -> Result<()> {
    if !task.is_foreign() {
        return Ok(());
    }
    let rows = s.query(&sql::find_unlike_key(s.facts().dialect, task, temps, few), &[])?;
    if rows.is_empty() {
        return Ok(());
    }
    let key = task.key.join(", ");
    let lines = rows.iter().map(|row| format!("({key}) = ({})", shown(row))).collect::<Vec<_>>();
    Err(Error::new(Kind::InvalidKey, format!("({key}) does not tell the rows of \"{}\" apart", task.name))
        .detail(lines.join("\n"))
        .hint("name the columns that identify a row there, or mend the rows"))
}

/// Runs an UPDATE or DELETE of a foreign table for its whole change set, page by page. Returns how many
/// rows it wrote.
pub(super) fn in_pages(s: &mut dyn Session, temps: &Temps, statement: &Sql) -> Result<u64> {
    let last = single_count(s, &sql::last_change(temps))?;
    let (mut first, mut written) = (1, 0);
    while first <= last {
        s.check_interrupt()?;
        let end = first.saturating_add(AT_ONCE - 1);
        written += s.execute(statement, &[first.into(), end.into()])?;
        first = end.saturating_add(1);
    }
    Ok(written)
}
