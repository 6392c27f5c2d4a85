//! Step 6 of a run: keys and references of staged rows, until no row refers to a refused one.

use crate::error::{Error, Kind, Result};
use crate::plan::MissingReference;
use crate::planner::{Link, Parent, Task};
use crate::session::Session;
use crate::sql::{self, Known, Temps};
use crate::value::Value;

use super::run::Tally;

/// Checks every reference by its table's policy and counts the rows that were refused. A table is checked again whenever rows of one it refers to were refused.
///
/// Errors: 23503 where the policy is `error`, or `null` for a column that cannot be NULL.
pub(crate) fn references(
    s: &mut dyn Session,
    tasks: &[Task],
    temps: &[Temps],
    tallies: &mut [Tally],
) -> Result<()> {
    let mut due: Vec<bool> = tasks.iter().map(|t| !t.references.is_empty()).collect();
    let known = Known { tasks, temps };
    while due.contains(&true) {
        for (index, (task, temp)) in tasks.iter().zip(temps).enumerate() {
            if !std::mem::take(&mut due[index]) {
                continue;
            }
            let count = check_task(s, task, temp, known)?;
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
    }
    Ok(())
}

/// One look at one table's references; returns how many rows it refused.
fn check_task(s: &mut dyn Session, task: &Task, temps: &Temps, known: Known<'_>) -> Result<i64> {
    let dialect = s.facts().dialect;
    let links: Vec<&Link> = task.references.iter().collect();
    if task.plan.on_missing_reference == MissingReference::Quarantine {
        let refused = s.execute(&sql::refuse_missing(dialect, task, temps, &links, known), &[])?;
        if refused > 0 {
            s.execute(&sql::remove_refused(task, temps), &[])?;
        }
        return Ok(i64::try_from(refused).unwrap_or(i64::MAX));
    }
    for link in links {
        if task.plan.on_missing_reference == MissingReference::Null && nullable(task, link) {
            s.execute(&sql::null_missing(dialect, task, temps, link, known), &[])?;
            continue;
        }
        let rows = s.query(&sql::find_missing(dialect, temps, link, known), &[])?;
        if let Some(count) = rows.first().and_then(|r| r.first()).and_then(Value::as_int) {
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
    let parent = match &link.parent {
        Parent::Table { name, .. } => name,
        Parent::Tasks(indexes) => {
            indexes.first().and_then(|i| known.tasks.get(*i)).map_or(&task.name, |t| &t.target.name)
        }
    };
    let lines = rows.iter().map(|row| {
        format!(
            "({}) = ({}) is not in {parent}",
            link.columns.join(", "),
            shown(row.get(1..).unwrap_or_default())
        )
    });
    let plural = if count == 1 { "row refers to a row" } else { "rows refer to rows" };
    Error::new(
        Kind::MissingReference,
        format!("{count} {plural} of \"{parent}\" that do{} not exist", if count == 1 { "es" } else { "" }),
    )
    .detail(format!("Table \"{}\":\n{}", task.name, lines.collect::<Vec<_>>().join("\n")))
    .hint("import the missing rows first, or set \"on_missing_reference\" to \"quarantine\" or \"null\"")
}

/// Values as a message shows them.
pub(crate) fn shown(values: &[Value]) -> String {
    let text = values.iter().map(|v| match v {
        Value::Null => "NULL".to_owned(),
        Value::Bool(b) => b.to_string(),
        Value::Int(n) => n.to_string(),
        Value::Float(x) => x.to_string(),
        Value::Text(text) => text.clone(),
        Value::Bytes(bytes) => format!("{} bytes", bytes.len()),
    });
    text.collect::<Vec<_>>().join(", ")
}
