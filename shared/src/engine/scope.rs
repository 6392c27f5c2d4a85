//! Scopes that documents speak of without having a row for them: what is gone from these is deleted, too.

use crate::convert::Options;
use crate::error::Result;
use crate::plan::{NullCursor, Refuse};
use crate::planner::Task;
use crate::session::{LoadKind, LoadTarget, Session};
use crate::sql::{self, Temps};

use super::cursor::{self, Reading};
use super::input::{Input, Reader};
use super::progress::Progress;
use super::stage::{self, Course};

/// Keeps the scopes that the source of a task speaks of, be there rows or not, save for those that its cursor
/// leaves out; returns how many times it does.
pub(super) fn keep(
    s: &mut dyn Session,
    task: &Task,
    temps: &Temps,
    reading: &Reading,
    input: &mut Input,
    clock: &Progress,
) -> Result<i64> {
    let Reader::Files(files) = &mut input.reader else { return Ok(0) };
    let Some((spoken, bound)) = temps.spoken.as_ref().zip(files.bound()) else { return Ok(0) };
    let task = lenient(task);
    let mut input = Input { label: input.label.clone(), reader: Reader::Files(bound), oldest: None };
    let options = Options { time_zone: task.time_zone, dialect: s.facts().dialect };
    let mut cut = cursor::cut(&task, reading, &input, &options)?;
    if let Some(cut) = &mut cut {
        cut.on_null = NullCursor::Exclude;
    }
    let target = LoadTarget {
        table: (sql::temp_schema(options.dialect).to_owned(), spoken.name.clone()),
        columns: Vec::new(),
        kind: LoadKind::Own,
    };
    let course = Course { cut: cut.as_mut(), first: 0, clock };
    let loaded = stage::load(s, &task, target, None, &mut input, course)?;
    if let Some(analyze) = &spoken.analyze {
        s.execute(analyze, &[])?;
    }
    Ok(loaded.rows)
}

/// The task without what asks for whole rows: there is no row to be refused.
fn lenient(task: &Task) -> Task {
    let mut task = task.clone();
    task.plan.on_bad_value = Refuse::Quarantine;
    task.key.clear();
    task.columns.iter_mut().for_each(|staged| staged.column.not_null = false);
    task
}
