//! Checks that wait until all is written, and are made before the run succeeds.

use crate::catalog::{ForeignKey, OnDelete, Table};
use crate::error::{Error, Kind, Result};
use crate::planner::Task;
use crate::session::{Body, Dialect, Session};
use crate::sql;
use crate::value::{Value, first};

use super::compare::Counts;
use super::guard::single_count;

/// Runs `body` with the constraints deferred that a circle, or an exchange of unique values, needs;
/// then makes every check that is still due, so that it fails here and not at COMMIT.
///
/// Errors: the database's own 23503 and 23505; in SQLite 23503.
pub(super) fn deferring(
    s: &mut dyn Session,
    tasks: &[Task],
    counts: &[Counts],
    body: Body<'_>,
) -> Result<()> {
    let targets: Vec<&Table> = tasks.iter().map(|t| &t.target).collect();
    let circle = s.facts().foreign_keys && tasks.iter().zip(counts).any(|(task, counts)| needs(task, counts));
    match s.facts().dialect {
        Dialect::Postgres => {
            if let Some(statement) = sql::defer(Dialect::Postgres, tasks, circle) {
                s.execute(&statement, &[])?;
            }
            body(s)?;
            for statement in sql::check_now(&targets) {
                s.execute(&statement, &[])?;
            }
            Ok(())
        }
        Dialect::Sqlite => match sql::defer(Dialect::Sqlite, tasks, circle) {
            Some(statement) => in_sqlite(s, &statement, &targets, body),
            None => body(s),
        },
    }
}

/// Whether SQLite can write a task only with its foreign keys deferred: they close a circle, or
/// RESTRICT, which it enforces row by row, stands between rows of the table that go together.
fn needs(task: &Task, counts: &Counts) -> bool {
    let own = task.target.id();
    let restricted = |key: &ForeignKey| key.parent == own && key.on_delete == OnDelete::Restrict;
    !task.deferred.is_empty() || (counts.deletes > 0 && task.target.foreign_keys.iter().any(restricted))
}

/// Turning the PRAGMA off makes SQLite forget what it found, so the references are looked at
/// before. What was broken before the run does not count.
fn in_sqlite(s: &mut dyn Session, defer: &sql::Sql, targets: &[&Table], body: Body<'_>) -> Result<()> {
    let violations = sql::count_violations(targets);
    let was_on = first(&s.query(&sql::deferring(), &[])?).is_some_and(Value::is_true);
    let before = single_count(s, &violations)?;
    s.execute(defer, &[])?;
    let written = body(s).and_then(|()| {
        let broken = single_count(s, &violations)? - before;
        if broken <= 0 {
            return Ok(());
        }
        let names: Vec<&str> = targets.iter().map(|t| t.name.as_str()).collect();
        Err(Error::new(Kind::MissingReference, format!("{broken} rows refer to rows that do not exist"))
            .detail(format!("They are in these tables, or refer to them: {}.", names.join(", ")))
            .hint("look at the triggers of these tables"))
    });
    if !was_on {
        let off = s.execute(&sql::defer_no_more(), &[]);
        return written.and(off.map(|_| ()));
    }
    written
}
