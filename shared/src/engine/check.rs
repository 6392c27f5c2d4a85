//! Step 6 of a run: keys and references of staged rows, until no row refers to a refused one.

use crate::error::{Error, Kind, Result};
use crate::plan::MissingReference;
use crate::planner::{Link, Parent, Task};
use crate::session::Session;
use crate::sql::{self, Known, Sql, Temps};
use crate::value::{Value, count, first};

use super::outcome::Tally;
use super::stub;

/// Checks every reference by its table's policy and counts the rows that were refused. A table is checked again whenever rows of one it refers to were refused.
///
/// Errors: 23503 where the policy is `error`, or `null` for a column that cannot be NULL.
pub(crate) fn references(s: &mut dyn Session, known: Known<'_>, tallies: &mut [Tally]) -> Result<()> {
    let tasks = known.tasks;
    loop {
        let mut due: Vec<bool> = tasks.iter().map(|t| !t.references.is_empty()).collect();
        while let Some(index) = next_due(tasks, &mut due) {
            let Some((task, temps)) = tasks.get(index).zip(known.temps.get(index)) else { continue };
            let count = check_task(s, task, temps, known)?;
            if count > 0 {
                if let Some(tally) = tallies.get_mut(index) {
                    tally.refused += count;
                }
                for (child, due) in tasks.iter().zip(&mut due) {
                    *due |= child
                        .references
                        .iter()
                        .any(|l| matches!(&l.parent, Parent::Tasks(i) if i.contains(&index)));
                }
            }
        }
        if !stub::prune(s, known)? {
            return Ok(());
        }
    }
}

/// The next task to look at, which is then no longer due: those that make stubs come first, because
/// the rows of others may refer to these.
fn next_due(tasks: &[Task], due: &mut [bool]) -> Option<usize> {
    let makes = |index: &usize| {
        tasks.get(*index).is_some_and(|t| t.plan.on_missing_reference == MissingReference::Stub)
    };
    let waiting = || due.iter().enumerate().filter(|(_, due)| **due).map(|(index, _)| index);
    let next = waiting().find(makes).or_else(|| waiting().next())?;
    if let Some(due) = due.get_mut(next) {
        *due = false;
    }
    Some(next)
}

/// One look at one table's references; returns how many rows it refused.
fn check_task(s: &mut dyn Session, task: &Task, temps: &Temps, known: Known<'_>) -> Result<i64> {
    let dialect = s.facts().dialect;
    let links: Vec<&Link> = task.references.iter().collect();
    if task.plan.on_missing_reference == MissingReference::Stub {
        stub::collect(s, task, temps, known)?;
        return Ok(0);
    }
    if task.plan.on_missing_reference == MissingReference::Quarantine {
        return refuse(s, task, temps, &sql::refuse_missing(dialect, task, temps, &links, known));
    }
    for link in links {
        if task.plan.on_missing_reference == MissingReference::Null && nullable(task, link) {
            s.execute(&sql::null_missing(dialect, task, temps, link, known), &[])?;
            continue;
        }
        let rows = s.query(&sql::find_missing(dialect, temps, link, known), &[])?;
        if let Some(count) = first(&rows).and_then(Value::as_int) {
            return Err(missing(task, link, known, count, &rows));
        }
    }
    Ok(0)
}

fn nullable(task: &Task, link: &Link) -> bool {
    link.columns
        .iter()
        .all(|name| task.target.column(name).is_some_and(|c| !c.not_null) && !task.key.contains(name))
}

fn missing(task: &Task, link: &Link, known: Known<'_>, count: i64, rows: &[Vec<Value>]) -> Error {
    let parents: Vec<&Task> = match &link.parent {
        Parent::Table { .. } => Vec::new(),
        Parent::Tasks(indexes) => indexes.iter().filter_map(|i| known.tasks.get(*i)).collect(),
    };
    let parent = match &link.parent {
        Parent::Table { name, .. } => name,
        Parent::Tasks(_) => parents.first().map_or(&task.name, |t| &t.target.name),
    };
    let lines = rows.iter().map(|row| {
        format!(
            "({}) = ({}) is not in {parent}",
            link.columns.join(", "),
            shown(row.get(1..).unwrap_or_default())
        )
    });
    let left_out = match parents.iter().any(|t| t.plan.cursor.is_some()) {
        true => format!(" (a \"since\" reads those that the cursor of \"{parent}\" left out)"),
        false => String::new(),
    };
    let plural = if count == 1 { "row refers to a row" } else { "rows refer to rows" };
    Error::new(
        Kind::MissingReference,
        format!("{count} {plural} of \"{parent}\" that do{} not exist", if count == 1 { "es" } else { "" }),
    )
    .detail(format!("Table \"{}\":\n{}", task.name, lines.collect::<Vec<_>>().join("\n")))
    .hint(format!(
        "import the missing rows first{left_out}, or set \"on_missing_reference\" to \"quarantine\", \"null\" or \"stub\""
    ))
}

/// Copies rows to the refused ones by `statement` and takes them out of staging; returns how many.
pub(super) fn refuse(s: &mut dyn Session, task: &Task, temps: &Temps, statement: &Sql) -> Result<i64> {
    let refused = count(s.execute(statement, &[])?);
    if refused > 0 {
        s.execute(&sql::remove_refused(task, temps), &[])?;
    }
    Ok(refused)
}

/// Values as a message shows them.
pub(crate) fn shown(values: &[Value]) -> String {
    values.iter().map(Value::to_string).collect::<Vec<_>>().join(", ")
}
