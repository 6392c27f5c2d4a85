//! How much of its source each table reads, and how far its cursor has come.

use crate::catalog::Column;
use crate::convert::Options;
use crate::cursor::{self, CursorValue, Lag};
use crate::error::{Error, Kind, Result};
use crate::plan::{Cursor, Mode, SortColumn, TablePlan};
use crate::planner::{self, From, Rule, Task};
use crate::session::{Level, Notice, Session};
use crate::sql;
use crate::value::Value;

use super::cut::Cut;
use super::marks::{self, Grouping, Marks};
use super::outcome::Outcome;
use super::prepare::Prepared;
use super::run::Request;

/// How a run reads one table.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reading {
    /// Where the cursor stood before the run, or was to begin.
    usual: Marks,
    /// The least values that are read; empty where all rows are.
    bounds: Marks,
    /// What stood in for the usual value.
    since: Option<CursorValue>,
    /// Groups that the log has of another cursor than the plan's.
    stale: Vec<String>,
    /// What the log is to say of it.
    pub notes: Vec<String>,
}

impl Reading {
    /// Whether the run left no rows of a group out between where its cursor stood and where it started.
    fn gapless(&self, mode: Mode, group: &str) -> bool {
        let reached = |since: &CursorValue| self.usual.of(group).is_some_and(|usual| since <= usual);
        mode == Mode::Full || self.since.as_ref().is_none_or(reached)
    }

    /// Takes up a cursor of the log: (table, column, group, value). A value of another column, of other groups
    /// or of another type is one of another cursor: there is none yet.
    fn remember(&mut self, row: &[Value], values: &Values<'_>, labels: &[&str]) {
        let [_, column, group, value] = row else { return };
        let (group, value) = (group.as_str().unwrap_or_default(), value.as_str().unwrap_or_default());
        let own = column.as_str() == Some(values.name) && marks::is_of(group, labels);
        match CursorValue::parse(value, &values.column.ty, values.options).ok().filter(|_| own) {
            Some(value) => drop(self.usual.groups.insert(group.to_owned(), value)),
            None => self.stale.push(group.to_owned()),
        }
    }
}

/// The cursor's column of a task: how staging has it, and its name in the source.
///
/// Errors: 42703 no such column; 22023 a column that the source does not fill.
fn column<'a>(task: &'a Task, cursor: &'a Cursor) -> Result<(&'a Column, &'a str)> {
    staged(task, &cursor.column, Rule::Cursor)
}

/// The columns by which its rows fall into groups. Errors: as those of [`column`].
fn grouping<'a>(task: &'a Task, cursor: &'a Cursor) -> Result<Vec<(&'a Column, &'a str)>> {
    cursor.by.iter().enumerate().map(|(i, column)| staged(task, column, Rule::Group(i))).collect()
}

fn staged<'a>(task: &'a Task, column: &'a SortColumn, rule: Rule) -> Result<(&'a Column, &'a str)> {
    let name = match column {
        SortColumn::Target(name) => name,
        SortColumn::Source { source, .. } => {
            let extra = task.extra.iter().find(|e| e.rule == rule);
            return extra.map(|e| (&e.column, e.source.as_str())).ok_or_else(|| lost(task, source));
        }
    };
    if task.target.column(name).is_none() {
        return Err(planner::no_column(&task.name, name));
    }
    match task.columns.iter().find(|c| c.column.name == *name).map(|c| (&c.column, &c.from)) {
        Some((column, From::Source(source))) => Ok((column, source)),
        _ => Err(lost(task, name)),
    }
}

fn lost(task: &Task, name: &str) -> Error {
    invalid(format!(
        "the cursor's column \"{name}\" of table \"{}\" is not filled from the source",
        task.name
    ))
}

fn invalid(message: String) -> Error {
    Error::new(Kind::InvalidParameter, message)
}

/// What the log calls the columns that make groups.
fn labels(cursor: &Cursor) -> Vec<&str> {
    cursor.by.iter().map(SortColumn::name).collect()
}

/// Checks a task's cursor against its column. `typed`: the type of a column that is not stored is
/// known.
///
/// Errors: 42703 no such column; 42804 a type without an order; 22023 a `lag` or `initial_value`
/// that does not fit it.
pub(crate) fn check(task: &Task, options: &Options, typed: bool) -> Result<()> {
    let Some(cursor) = &task.plan.cursor else { return Ok(()) };
    let (column, _) = column(task, cursor)?;
    grouping(task, cursor)?;
    if matches!(cursor.column, SortColumn::Source { values: None, .. }) && !typed {
        return Ok(());
    }
    let name = cursor.column.name();
    if !CursorValue::has(&column.ty) {
        return Err(Error::new(
            Kind::DatatypeMismatch,
            format!("column \"{name}\" of table \"{}\" cannot be a cursor", task.name),
        )
        .hint("take a column of numbers, times or text"));
    }
    if let Some(lag) = &cursor.lag
        && !Lag::parse(lag).is_some_and(|lag| lag.fits(&column.ty))
    {
        return Err(invalid(format!(
            "the cursor's lag {lag} does not fit column \"{name}\" of table \"{}\"",
            task.name
        ))
        .hint("a time takes \"10 minutes\", a date whole days, a number a number; a text takes none"));
    }
    if let Some(initial) = &cursor.initial_value {
        Values { task, name, column, options }.read(&initial.to_string())?;
    }
    Ok(())
}

/// What texts are read as values of a task's cursor by.
struct Values<'a> {
    task: &'a Task,
    /// What messages call the column.
    name: &'a str,
    column: &'a Column,
    options: &'a Options,
}

impl Values<'_> {
    /// A value of the column. Errors: 22023 where the text is none.
    fn read(&self, text: &str) -> Result<CursorValue> {
        CursorValue::parse(text, &self.column.ty, self.options).map_err(|reason| {
            invalid(format!(
                "\"{text}\" {reason}, and cannot be a value of cursor \"{}\" of table \"{}\"",
                self.name, self.task.name
            ))
        })
    }

    /// A value of the column, or an age. Errors: 22023 where the text is neither.
    fn since(&self, text: &str) -> Result<CursorValue> {
        let Some(age) = cursor::age(text) else { return self.read(text) };
        let now = chrono::DateTime::<chrono::Utc>::from(std::time::SystemTime::now()).timestamp_micros();
        cursor::ago(now, age, &self.column.ty, self.task.time_zone).ok_or_else(|| {
            invalid(format!(
                "since \"{text}\" is an age, and cursor \"{}\" of table \"{}\" holds no times",
                self.name, self.task.name
            ))
        })
    }
}

/// Decides for every task how much it reads. Full runs that were asked to be incremental say so.
///
/// Errors: 22023 a `since` that is no value of a table's cursor.
pub(crate) fn settle(s: &mut dyn Session, request: &Request, prepared: &mut Prepared) -> Result<()> {
    let Some(phase) = request.phase.as_deref() else { return Ok(()) };
    let dialect = s.facts().dialect;
    let stored = match prepared.tasks.iter().any(|t| t.plan.cursor.is_some()) {
        true => s.query(&sql::cursors(dialect), &[phase.into()])?,
        false => Vec::new(),
    };
    for (task, reading) in prepared.tasks.iter_mut().zip(&mut prepared.readings) {
        let options = Options { time_zone: task.time_zone, dialect };
        let (mode, why) = match &task.plan.cursor {
            // What is derived is narrowed by other means.
            None if task.plan.recompute.is_some() => (Mode::Full, None),
            None => decide(&task.plan, request, false),
            Some(cursor) => {
                let (column, _) = column(task, cursor)?;
                let values = Values { task, name: cursor.column.name(), column, options: &options };
                let initial =
                    cursor.initial_value.as_ref().map(|v| values.read(&v.to_string())).transpose()?;
                reading.since = request.since.as_deref().map(|text| values.since(text)).transpose()?;
                for row in stored.iter().filter(|row| row.first() == Some(&task.entry.as_str().into())) {
                    reading.remember(row, &values, &labels(cursor));
                }
                // Without groups the one value stands for what has no group.
                reading.usual.otherwise = reading.usual.groups.remove("").or(initial);
                let starts = reading.since.is_some() || !reading.usual.is_empty();
                let decided = decide(&task.plan, request, starts);
                if decided.0 == Mode::Incremental {
                    let start = reading.since.clone().map_or_else(|| reading.usual.clone(), Marks::all);
                    let lag = cursor.lag.as_ref().and_then(Lag::parse);
                    // A lag that leaves the type's range takes nothing away from what is read.
                    reading.bounds =
                        start.map(|v| lag.and_then(|lag| v.before(&lag)).unwrap_or_else(|| v.clone()));
                }
                decided
            }
        };
        task.mode = mode;
        if let Some(why) = why {
            let message = format!("\"{}\" was read in full: {why}", task.name);
            s.notice(&Notice::new(Level::Info, message.as_str()));
            reading.notes.push(message);
        }
    }
    Ok(())
}

/// The mode of a table that has a place to start from or not, and why it is full where it was asked
/// to be incremental.
fn decide(plan: &TablePlan, request: &Request, starts: bool) -> (Mode, Option<&'static str>) {
    let mode = plan.mode.filter(|_| !request.last).unwrap_or(request.mode);
    let since = request.since.is_some() && plan.cursor.is_some();
    match mode {
        Mode::Full => return (Mode::Full, None),
        Mode::Auto if !since && (!starts || plan.write().deletes()) => return (Mode::Full, None),
        Mode::Auto | Mode::Incremental => {}
    }
    if plan.cursor.is_none() {
        return (Mode::Full, Some("it has no cursor"));
    }
    if plan.write().deletes() && plan.scope.is_empty() {
        return (Mode::Full, Some("a part of its source must not delete rows, and it has no scope"));
    }
    if !starts {
        return (Mode::Full, Some("its cursor has no value yet"));
    }
    (Mode::Incremental, None)
}

/// What reading does to the rows of a task; None where it has no cursor.
pub(crate) fn cut(
    task: &Task,
    reading: &Reading,
    input: &super::Input,
    options: &Options,
) -> Result<Option<Cut>> {
    let Some(cursor) = &task.plan.cursor else { return Ok(None) };
    let (column, source) = column(task, cursor)?;
    let by = grouping(task, cursor)?.into_iter().zip(labels(cursor)).map(|((column, source), label)| {
        let converter = super::stage::converter(task, source, column, input, options)?;
        Ok(Grouping { label: label.to_owned(), source: source.to_owned(), converter })
    });
    let by = by.collect::<Result<_>>()?;
    Ok(Some(Cut {
        table: task.name.clone(),
        column: source.to_owned(),
        converter: super::stage::converter(task, source, column, input, options)?,
        by,
        bounds: reading.bounds.clone(),
        on_null: cursor.on_null,
        highest: Marks::default(),
        excluded: 0,
    }))
}

/// Keeps how far the cursors have come, group by group. An incremental run never moves one back, not even behind its
/// `initial_value`, and leaves it where it stood if rows between it and the run's start were not read; a full run sets it to what the
/// source holds. A run that met no value moves none.
pub(crate) fn keep(
    s: &mut dyn Session,
    phase: &str,
    run_id: i64,
    prepared: &Prepared,
    outcome: &Outcome,
) -> Result<()> {
    let dialect = s.facts().dialect;
    for ((task, reading), tally) in prepared.tasks.iter().zip(&prepared.readings).zip(&outcome.tallies) {
        let Some(cursor) = &task.plan.cursor else { continue };
        let (phase, entry): (Value, Value) = (phase.into(), task.entry.as_str().into());
        for group in reading.stale.iter().filter(|_| !tally.highest.is_empty()) {
            s.execute(&sql::forget_cursor(dialect), &[phase.clone(), entry.clone(), group.as_str().into()])?;
        }
        let ty = &column(task, cursor)?.0.ty;
        for (group, highest) in &tally.highest.groups {
            let back = task.mode == Mode::Incremental
                && reading.usual.of(group).is_some_and(|usual| highest < usual);
            if back || !reading.gapless(task.mode, group) {
                continue;
            }
            let args: [Value; 6] = [
                phase.clone(),
                entry.clone(),
                group.as_str().into(),
                cursor.column.name().into(),
                highest.to_text(ty).into(),
                run_id.into(),
            ];
            s.execute(&sql::keep_cursor(dialect), &args)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::RunKind;
    use super::*;
    use crate::plan::{NullCursor, Source, Write};

    fn plan(write: Write, cursor: bool) -> TablePlan {
        let cursor = cursor.then(|| Cursor {
            column: SortColumn::Target("at".to_owned()),
            lag: None,
            on_null: NullCursor::Error,
            initial_value: None,
            by: Vec::new(),
        });
        TablePlan { cursor, ..TablePlan::plain("t".to_owned(), Source::Parquet("t".to_owned()), write) }
    }

    fn decided(plan: &TablePlan, mode: Mode, since: Option<&str>, starts: bool) -> (Mode, bool) {
        let request = Request { mode, since: since.map(str::to_owned), ..Request::full(RunKind::Sync) };
        let (mode, why) = decide(plan, &request, starts);
        (mode, why.is_some())
    }

    #[test]
    fn auto_is_incremental_where_nothing_is_deleted() {
        for write in [Write::Upsert, Write::InsertOnly] {
            assert_eq!(decided(&plan(write, true), Mode::Auto, None, true), (Mode::Incremental, false));
            assert_eq!(decided(&plan(write, true), Mode::Auto, None, false), (Mode::Full, false));
            assert_eq!(decided(&plan(write, false), Mode::Auto, Some("1"), false), (Mode::Full, false));
        }
        for write in [Write::Replace, Write::DeleteInsert] {
            assert_eq!(decided(&plan(write, true), Mode::Auto, None, true), (Mode::Full, false));
            assert_eq!(decided(&plan(write, true), Mode::Auto, Some("1"), true), (Mode::Full, true));
        }
    }

    #[test]
    fn a_full_run_that_was_asked_to_be_incremental_says_so() {
        assert_eq!(decided(&plan(Write::Upsert, false), Mode::Incremental, None, false), (Mode::Full, true));
        assert_eq!(decided(&plan(Write::Upsert, true), Mode::Incremental, None, false), (Mode::Full, true));
        assert_eq!(decided(&plan(Write::Replace, true), Mode::Incremental, None, true), (Mode::Full, true));
        let scoped = TablePlan { scope: vec!["shop".to_owned()], ..plan(Write::Replace, true) };
        assert_eq!(decided(&scoped, Mode::Incremental, None, true), (Mode::Incremental, false));
        assert_eq!(decided(&scoped, Mode::Auto, None, true), (Mode::Full, false));
    }

    #[test]
    fn the_tables_own_mode_wins() {
        let full = TablePlan { mode: Some(Mode::Full), ..plan(Write::Upsert, true) };
        assert_eq!(decided(&full, Mode::Incremental, Some("1"), true), (Mode::Full, false));
        let incremental = TablePlan { mode: Some(Mode::Incremental), ..plan(Write::Upsert, true) };
        assert_eq!(decided(&incremental, Mode::Full, None, true), (Mode::Incremental, false));
    }
}
