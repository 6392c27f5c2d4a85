//! Step 7 of a run: the change sets, and what they come to.

use crate::error::{Error, Kind, Result};
use crate::planner::Task;
use crate::session::Session;
use crate::sql::{self, Temps};
use crate::value::{Value, count};

use super::outcome::Tally;
use super::{changes, foreign, push};

/// How many rows of each kind a change set has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub staged: i64,
    pub refused: i64,
    pub skipped: i64,
    pub inserts: i64,
    pub updates: i64,
    pub deletes: i64,
    pub preserved: i64,
    pub retained: i64,
    /// Rows that are made besides, because others refer to them.
    pub stubs: i64,
}

impl Counts {
    /// Staged rows that are right already.
    pub fn unchanged(&self) -> i64 {
        self.staged - self.refused - self.skipped - self.inserts - self.updates - self.preserved
    }

    /// So many rows that were to be deleted stay.
    pub fn retain(&mut self, rows: u64) {
        let rows = count(rows);
        self.deletes -= rows;
        self.retained += rows;
    }
}

/// Makes a task's change set and counts it. A file imported by itself has no `phase`. Errors: 42P10 the
/// key that the plan names does not tell the rows of a foreign table apart.
pub(crate) fn compare(
    s: &mut dyn Session,
    phase: Option<&str>,
    task: &Task,
    temps: &Temps,
    tally: &Tally,
) -> Result<Counts> {
    let dialect = s.facts().dialect;
    let few = task.is_foreign() && !task.write.deletes() && foreign::few(tally.staged);
    foreign::told_apart(s, task, temps, few)?;
    s.execute(&sql::compare(dialect, task, temps, few), &[])?;
    if tally.refused > 0 && task.write.deletes() && !task.key.is_empty() {
        s.execute(&sql::retain_refused(dialect, task, temps), &[])?;
    }
    push::delete_gone(s, task, temps)?;
    if let Some(phase) = phase {
        changes::preserve(s, phase, task, temps)?;
    }
    if let Some(analyze) = &temps.changes.analyze {
        s.execute(analyze, &[])?;
    }
    let mut counts =
        Counts { staged: tally.staged, refused: tally.refused, skipped: tally.skipped, ..Counts::default() };
    for row in s.query(&sql::count_ops(dialect, temps), &[])? {
        let (op, count) = match row.as_slice() {
            [op, count] => (op.as_str().unwrap_or_default(), count.as_int().unwrap_or_default()),
            _ => continue,
        };
        match op {
            "i" => counts.inserts = count,
            "u" => counts.updates = count,
            "d" => counts.deletes = count,
            "p" => counts.preserved = count,
            "r" => counts.retained = count,
            _ => {
                return Err(Error::new(
                    Kind::Internal,
                    format!("the change set of \"{}\" has op \"{op}\"", task.name),
                ));
            }
        }
    }
    if counts.unchanged() < 0 {
        return Err(Error::new(
            Kind::Internal,
            format!("the change set of \"{}\" does not balance", task.name),
        )
        .detail(format!("{counts:?}")));
    }
    Ok(counts)
}

/// Up to 5 keys of each kind of change, as a JSON object.
pub(crate) fn examples(s: &mut dyn Session, task: &Task, temps: &Temps, counts: &Counts) -> Result<String> {
    let dialect = s.facts().dialect;
    let kinds = [
        ("inserted", counts.inserts, sql::example_rows(dialect, task, temps, 'i')),
        ("updated", counts.updates, sql::example_rows(dialect, task, temps, 'u')),
        ("deleted", counts.deletes, sql::example_rows(dialect, task, temps, 'd')),
        ("preserved", counts.preserved, sql::example_rows(dialect, task, temps, 'p')),
        ("retained", counts.retained, sql::example_rows(dialect, task, temps, 'r')),
        ("quarantined", counts.refused, sql::example_refused(dialect, task, temps)),
    ];
    let mut shown = serde_json::Map::new();
    for (name, count, statement) in kinds {
        if count == 0 {
            continue;
        }
        let rows = s
            .query(&statement, &[])?
            .into_iter()
            .map(|row| serde_json::Value::Array(row.into_iter().map(json).collect()));
        shown.insert(name.to_owned(), rows.collect());
    }
    Ok(serde_json::Value::Object(shown).to_string())
}

fn json(value: Value) -> serde_json::Value {
    match value {
        Value::Text(text) => text.into(),
        Value::Int(n) => n.into(),
        Value::Float(x) => x.into(),
        Value::Bool(b) => b.into(),
        Value::Null | Value::Bytes(_) => serde_json::Value::Null,
    }
}
