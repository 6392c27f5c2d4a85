//! Quarantined rows are staged again: before the rows of the source in an incremental run, which
//! would not see them otherwise, and alone in a replay.

use std::collections::HashMap;

use crate::catalog::Column;
use crate::error::Result;
use crate::plan::{Mode, Source};
use crate::planner::{From, Task};
use crate::session::{Dialect, Session};
use crate::sql::{self, Temps};
use crate::types::ColumnType;
use crate::value::{Value, count};

use super::RunKind;
use super::entries::{Cell, Entries, parse};
use super::input::{Input, Reader};
use super::progress::Progress;
use super::stage::{self, Course, Loaded};

/// How many entries are read at a time.
const PAGE: i64 = 1000;

/// Whether a run stages the quarantined rows of a task. Where it deletes what it does not find, they
/// would speak for their scope as if they were all of it.
pub(crate) fn stages(kind: RunKind, task: &Task) -> bool {
    let derived = task.groups().is_some();
    kind == RunKind::Replay || (task.mode == Mode::Incremental && !task.write.deletes() && !derived)
}

/// Whether a run knows of every row that may be in the quarantine of a task: it staged them, or its source is whole. A
/// run whose deletes have a scope knows no more than that, and one that only adds documents knows these alone:
/// such sources commonly have what is new, and what is not in them is not gone.
pub(crate) fn knows_all(kind: RunKind, task: &Task) -> bool {
    let documents = matches!(task.plan.source, Some(Source::Documents(_)));
    let whole = match task.write.deletes() {
        true => task.plan.scope.is_empty(),
        false => !documents,
    };
    stages(kind, task) || kind == RunKind::Restore || (task.mode == Mode::Full && whole)
}

/// Stages a table's quarantined rows and returns how many there were, and how many of them do not fit still.
///
/// Errors: 55000 where an entry lacks a column that is staged now, and those of [`stage::stage`].
pub(crate) fn restage(
    s: &mut dyn Session,
    phase: &str,
    task: &Task,
    temps: &Temps,
    clock: &Progress,
) -> Result<Loaded> {
    let dialect = s.facts().dialect;
    let by_name = by_own_names(task);
    let columns: Vec<&Column> = sourced(&by_name).collect();
    let mut all = Loaded::default();
    let mut after = String::new();
    loop {
        let args = [phase.into(), task.entry.as_str().into(), after.as_str().into(), PAGE.into()];
        let rows = s.query(&sql::quarantine_page(dialect), &args)?;
        let Some(last) = rows.last().and_then(|r| r.first()).and_then(Value::as_str) else {
            return Ok(all);
        };
        let entries = rows.iter().filter_map(|r| r.get(1)?.as_str());
        let reader = Reader::Files(Box::new(Entries::new(task, &columns, entries, all.rows)?));
        let mut input = Input { label: "the quarantine".to_owned(), reader, oldest: None };
        let course = Course { cut: None, first: all.rows, clock };
        let loaded = stage::stage(s, &by_name, temps, &mut input, course)?;
        all.rows += loaded.rows;
        all.refused += loaded.refused;
        last.clone_into(&mut after);
    }
}

/// Drops restaged rows that a newer row of the source with the same key supersedes, and those without
/// a key that come from the source again; returns how many, and how many of these had been refused again.
pub(crate) fn supersede(s: &mut dyn Session, task: &Task, temps: &Temps, restaged: i64) -> Result<Loaded> {
    let mut superseded = Loaded::default();
    if restaged == 0 || task.key.is_empty() {
        return Ok(superseded);
    }
    for newer in [&temps.staging, &temps.refused] {
        let refused = count(s.execute(&sql::supersede(task, &temps.refused, newer, restaged), &[])?);
        superseded.refused += refused;
        superseded.rows += refused;
        superseded.rows += count(s.execute(&sql::supersede(task, &temps.staging, newer, restaged), &[])?);
    }
    let dialect = s.facts().dialect;
    for (table, refused) in [(&temps.refused, true), (&temps.staging, false)] {
        let equal = sql::supersede_keyless(dialect, task, table, refused, restaged);
        let rows = count(s.execute(&equal, &[])?);
        superseded.rows += rows;
        superseded.refused += if refused { rows } else { 0 };
    }
    Ok(superseded)
}

/// The task with its columns filled from source columns of their own names, as entries have them.
fn by_own_names(task: &Task) -> Task {
    let mut task = task.clone();
    for staged in &mut task.columns {
        if let From::Source(source) = &mut staged.from {
            staged.column.name.clone_into(source);
        }
    }
    for extra in &mut task.extra {
        extra.column.name.clone_into(&mut extra.source);
    }
    task
}

/// The staged columns that entries fill.
fn sourced(task: &Task) -> impl Iterator<Item = &Column> {
    let filled = task.columns.iter().filter(|c| matches!(c.from, From::Source(_))).map(|c| &c.column);
    filled.chain(task.extra.iter().map(|e| &e.column))
}

/// The columns of a table in its quarantine, as its first entries have them, each with a type that
/// holds its values.
pub(crate) fn shape(s: &mut dyn Session, phase: &str, table: &str) -> Result<HashMap<String, ColumnType>> {
    let dialect = s.facts().dialect;
    let args = [phase.into(), table.into(), "".into(), PAGE.into()];
    let text = ColumnType::Text { max_chars: None };
    let mut types: HashMap<String, ColumnType> = HashMap::new();
    let mut first = true;
    for row in s.query(&sql::quarantine_page(dialect), &args)? {
        let Some(entry) = row.get(1).and_then(Value::as_str) else { continue };
        for (name, raw) in parse(entry)? {
            let ty = match Cell::read(raw.get(), &ColumnType::Any)? {
                Cell::Bool(_) => ColumnType::Bool,
                Cell::Int(_) => ColumnType::Int8,
                Cell::Float(_) | Cell::Decimal(..) if dialect == Dialect::Sqlite => ColumnType::Float8,
                Cell::Float(_) | Cell::Decimal(..) => ColumnType::Numeric { limit: None, exact: true },
                Cell::Bytes(_) => ColumnType::Bytes,
                Cell::Null | Cell::Misfit(_) | Cell::Text(_) => text.clone(),
            };
            if first {
                types.insert(name, ty);
            } else if let Some(known) = types.get_mut(&name).filter(|known| **known == text) {
                *known = ty;
            }
        }
        first = false;
    }
    Ok(types)
}
