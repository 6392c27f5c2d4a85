//! Unique values that rows exchange, or hand on: who has one gives it up before another takes it.

use crate::catalog::UniqueKey;
use crate::error::{Error, Kind, Result};
use crate::planner::Task;
use crate::session::Session;
use crate::sql::{self, Temps};

use super::apply::expect;
use super::check::shown;
use super::compare::Counts;
use super::guard::single_count;

/// Parks the rows that must give up a unique value before it is written elsewhere, each with one
/// write besides its own. A deferrable constraint is deferred instead.
///
/// Errors: 0A000 where no column of the key can be NULL for that while.
pub(super) fn park(s: &mut dyn Session, task: &Task, temps: &Temps, counts: &Counts) -> Result<()> {
    if counts.inserts + counts.updates == 0 || counts.updates + counts.deletes == 0 {
        return Ok(());
    }
    let dialect = s.facts().dialect;
    let (mut uniques, mut columns) = (Vec::new(), Vec::new());
    for unique in task.secondary_uniques().filter(|u| u.immediate) {
        let wanted = single_count(s, &sql::count_parked(dialect, task, temps, &[unique]))?;
        if wanted == 0 {
            continue;
        }
        let Some(column) = task.parking_column(unique) else {
            let rows = s.query(&sql::example_parked(dialect, task, temps, unique), &[])?;
            return Err(cannot(task, unique, wanted).detail(examples(unique, &rows)));
        };
        uniques.push(unique);
        if !columns.iter().any(|c| c == column) {
            columns.push(column.to_owned());
        }
    }
    if uniques.is_empty() {
        return Ok(());
    }
    let wanted = single_count(s, &sql::count_parked(dialect, task, temps, &uniques))?;
    let statement = sql::park(dialect, task, temps, &uniques, &columns);
    expect(s, task, &statement, wanted, "freed of a unique value")
}

fn cannot(task: &Task, unique: &UniqueKey, rows: i64) -> Error {
    let columns = unique.columns.join(", ");
    let message = format!("{rows} rows of \"{}\" would hand on their value of ({columns})", task.name);
    Error::new(Kind::NotSupported, message)
        .hint("let a column of this unique key be NULL, or (in PostgreSQL) make the constraint DEFERRABLE")
}

fn examples(unique: &UniqueKey, rows: &[Vec<crate::value::Value>]) -> String {
    let columns = unique.columns.join(", ");
    let lines = rows.iter().map(|row| format!("({columns}) = ({}) is taken by another row", shown(row)));
    lines.collect::<Vec<_>>().join("\n")
}
