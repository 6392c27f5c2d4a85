//! Step 5 of a run: sources into staging, converted to the target's types.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Int64Array, StringArray, new_null_array};
use arrow::datatypes::DataType;
use arrow::record_batch::RecordBatch;

use crate::catalog::Column;
use crate::convert::{Bad, Converted, Converter, Options};
use crate::error::{Error, Kind, Result};
use crate::plan::{ColumnSource, Refuse, Scalar};
use crate::planner::{From, Task};
use crate::session::{LoadColumn, LoadId, LoadKind, LoadTarget, Session};
use crate::source::SourceBatch;
use crate::sql::{self, Temps};
use crate::types::ColumnType;
use crate::value::count;

use super::ahead::{Step, read_ahead};
use super::cut::Cut;
use super::faults::{Faults, Of, Sorted};
use super::input::{Input, Reader};
use super::misfits::Misfits;
use super::progress::Progress;

/// How many rows or values an error shows.
pub(super) const SHOWN: usize = 5;

/// How many rows a source had.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Loaded {
    /// All of them.
    pub rows: i64,
    /// Of these, refused by `on_bad_value` or `on_null_key`.
    pub refused: i64,
}

/// What a load is told of the run that it is a part of.
pub(crate) struct Course<'a> {
    /// The rows that it leaves out.
    pub cut: Option<&'a mut Cut>,
    /// Ordinals are counted from after this.
    pub first: i64,
    pub clock: &'a Progress,
}

impl<'a> Course<'a> {
    /// One that leaves nothing out and is all of the run.
    pub fn whole(clock: &'a Progress) -> Course<'a> {
        Course { cut: None, first: 0, clock }
    }
}

/// Reads the rows of a source that `cut` leaves into staging, with ordinals after `first`; rows that the plan's policies refuse go to the refused rows.
///
/// Errors: those of the file (22P04, 54000, ...), of values that do not fit their column (22003,
/// 22001, 22021, ...) and 23502 for a NULL in a key or a NOT NULL column, both unless they are refused.
pub(crate) fn stage(
    s: &mut dyn Session,
    task: &Task,
    temps: &Temps,
    input: &mut Input,
    course: Course<'_>,
) -> Result<Loaded> {
    let row = LoadColumn { name: task.own_column("_row"), ty: ColumnType::Int8 };
    let schema = sql::temp_schema(s.facts().dialect).to_owned();
    let refused = (schema.clone(), temps.refused.name.clone());
    let table = (schema, temps.staging.name.clone());
    load(s, task, LoadTarget { table, columns: vec![row], kind: LoadKind::Own }, Some(refused), input, course)
}

/// Reads a source into a table. `target.columns` holds the ordinal column where the table has
/// one, counted from after `first`; the task's columns are added here. `refused` is the table for rows that policies refuse.
pub(crate) fn load(
    s: &mut dyn Session,
    task: &Task,
    mut target: LoadTarget,
    refused: Option<(String, String)>,
    input: &mut Input,
    course: Course<'_>,
) -> Result<Loaded> {
    let Course { mut cut, first, clock } = course;
    let ordinal = !target.columns.is_empty();
    let columns = task.staged_columns().map(|c| LoadColumn { name: c.name.clone(), ty: c.ty.clone() });
    target.columns.extend(columns);
    input.reader.project(&source_names(task))?;
    let columns = Columns::new(s, task, input)?;
    let places = cut.as_ref().map_or_else(Vec::new, |cut| cut.places(&source_names(task)));
    if let Some(skips) = cut.as_ref().and_then(|cut| cut.skips()) {
        let column = cut.as_ref().map_or("", |cut| cut.column.as_str());
        input.reader.narrow(column, skips);
    }
    let mut sink = Sink::open(s, task, &target, refused)?;
    let mut next: i64 = first;
    let mut convert = |mut batch: SourceBatch| {
        if let Some(cut) = &mut cut {
            batch = cut.apply(batch, &places)?;
        }
        let sorted = columns.convert(task, &batch, ordinal.then_some(next))?;
        next += rows_of(&batch.batch);
        Ok::<_, Error>(sorted)
    };
    match &mut input.reader {
        Reader::Files(files) => {
            let produce = || files.next()?.map(&mut convert).transpose();
            read_ahead(produce, &mut |step| {
                s.check_interrupt()?;
                let Step::Next(sorted) = step else { return Ok(()) };
                sink.take(s, &sorted)?;
                clock.reached(s, "staging", &task.name, sink.loaded.rows);
                Ok(())
            })?;
        }
        // A session is used by its own thread only.
        Reader::Rows(rows) => {
            while let Some(batch) = rows.next(s)? {
                s.check_interrupt()?;
                sink.take(s, &convert(batch)?)?;
                clock.reached(s, "staging", &task.name, sink.loaded.rows);
            }
        }
    }
    sink.close(s, task)
}

/// Where converted rows go.
struct Sink {
    load: LoadId,
    /// The load of the refused rows, opened when there is one.
    refused: Option<(LoadTarget, Option<LoadId>)>,
    loaded: Loaded,
}

impl Sink {
    fn open(
        s: &mut dyn Session,
        task: &Task,
        target: &LoadTarget,
        refused: Option<(String, String)>,
    ) -> Result<Sink> {
        let refused = refused.map(|table| {
            let mut target = LoadTarget { table, ..target.clone() };
            let text = ColumnType::Text { max_chars: None };
            target.columns.extend(
                ["_reason", "_detail", "_data"]
                    .map(|name| LoadColumn { name: task.own_column(name), ty: text.clone() }),
            );
            (target, None)
        });
        Ok(Sink { load: s.load_open(target)?, refused, loaded: Loaded::default() })
    }

    fn take(&mut self, s: &mut dyn Session, sorted: &Sorted) -> Result<()> {
        if sorted.staged.num_rows() > 0 {
            s.load_rows(self.load, &sorted.staged)?;
            self.loaded.rows += rows_of(&sorted.staged);
        }
        let (Some(rows), Some((target, load))) = (&sorted.refused, &mut self.refused) else { return Ok(()) };
        let load = match *load {
            Some(load) => load,
            None => *load.insert(s.load_open(target)?),
        };
        s.load_rows(load, rows)?;
        self.loaded.rows += rows_of(rows);
        self.loaded.refused += rows_of(rows);
        Ok(())
    }

    /// Ends the loads. Errors: 09000 where other rows were written than were read.
    fn close(self, s: &mut dyn Session, task: &Task) -> Result<Loaded> {
        let mut written = s.load_close(self.load)?;
        if let Some((_, Some(load))) = self.refused {
            written += s.load_close(load)?;
        }
        all_written(task, self.loaded.rows, written)?;
        Ok(self.loaded)
    }
}

/// Errors: 09000 where other rows were written than were read.
pub(crate) fn all_written(task: &Task, read: i64, written: u64) -> Result<()> {
    if i64::try_from(written) == Ok(read) {
        return Ok(());
    }
    Err(Error::new(Kind::TriggeredAction, format!("a trigger of \"{}\" refused rows", task.name))
        .detail(format!("{read} rows were read and {written} were written.")))
}

fn rows_of(batch: &RecordBatch) -> i64 {
    count(batch.num_rows())
}

/// The source columns that a task reads, each once.
fn source_names(task: &Task) -> Vec<&str> {
    let mut names = Vec::new();
    let filled = task.columns.iter().filter_map(|staged| match &staged.from {
        From::Source(name) => Some(name.as_str()),
        From::Constant(_) | From::Lookup(_) | From::Assigned => None,
    });
    for name in filled.chain(task.extra.iter().map(|e| e.source.as_str())) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// How each staged column is made of a batch.
struct Columns(Vec<Filler>);

enum Filler {
    /// Column `index` of the source's batches.
    Source { index: usize, name: String, converter: Converter },
    /// One text for all rows.
    Constant { text: String, converter: Converter },
    /// NULL in all rows, for now.
    Nothing,
}

impl Columns {
    fn new(s: &mut dyn Session, task: &Task, input: &Input) -> Result<Columns> {
        let options = Options { time_zone: task.time_zone, dialect: s.facts().dialect };
        let mut fillers = Vec::with_capacity(task.columns.len());
        let names = source_names(task);
        let source_filler = |name: &str, column: &Column| {
            let index = names.iter().position(|n| *n == name).ok_or_else(lost_column)?;
            let converter = converter(task, name, column, input, &options)?;
            Ok::<_, Error>(Filler::Source { index, name: name.to_owned(), converter })
        };
        for staged in &task.columns {
            let to = &staged.column.ty;
            fillers.push(match &staged.from {
                From::Constant(value) => Filler::Constant {
                    text: text_of(value, to),
                    converter: Converter::new(&DataType::Utf8, to, &options)?,
                },
                From::Source(name) => source_filler(name, &staged.column)?,
                From::Lookup(_) | From::Assigned => Filler::Nothing,
            });
        }
        for extra in &task.extra {
            fillers.push(source_filler(&extra.source, &extra.column)?);
        }
        Ok(Columns(fillers))
    }

    /// The batch as staging takes it, with ordinals from `first` where staging has them, and the
    /// rows that it does not take.
    fn convert(&self, task: &Task, source: &SourceBatch, first: Option<i64>) -> Result<Sorted> {
        let rows = source.batch.num_rows();
        let mut arrays: Vec<ArrayRef> = Vec::with_capacity(self.0.len() + 1);
        let mut faults = Faults::default();
        if let Some(first) = first {
            arrays.push(Arc::new(Int64Array::from_iter_values(first + 1..=first + rows_of(&source.batch))));
        }
        let mut shape = Misfits::of(task, source);
        for ((filler, column), label) in self.0.iter().zip(task.staged_columns()).zip(labels(task)) {
            let (from, name, converter, on_bad_value) = match filler {
                Filler::Source { index, name, converter } => {
                    let from = source.batch.columns().get(*index).ok_or_else(lost_column)?;
                    (Arc::clone(from), name.as_str(), converter, task.plan.on_bad_value)
                }
                // It is the plan that is wrong, not a row.
                Filler::Constant { text, converter } => {
                    let texts = StringArray::from(vec![text.as_str(); rows]);
                    (Arc::new(texts) as ArrayRef, "", converter, Refuse::Error)
                }
                Filler::Nothing => {
                    arrays.push(new_null_array(&column.ty.arrow(), rows));
                    continue;
                }
            };
            let of = Of { label, name: &column.name, source: name, converted: converter.rule().is_some() };
            shape.refuse(&of, source, &mut faults)?;
            let converted = converter.convert(&from);
            if on_bad_value == Refuse::Error && !converted.bad.is_empty() {
                return Err(bad_values(task, &of, source, &converted.bad));
            }
            for bad in &converted.bad {
                faults.bad_value(&of, &from, bad, source);
            }
            let in_key = task.unique_key().contains(&column.name);
            if (in_key || column.not_null) && converted.array.null_count() > converted.bad.len() {
                let nulls = nulls(&converted, source);
                if !nulls.is_empty()
                    && (if in_key { task.plan.on_null_key } else { on_bad_value }) == Refuse::Error
                {
                    return Err(null_values(task, column, source, &nulls, name));
                }
                nulls.into_iter().for_each(|row| faults.null(row, &of, in_key, source));
            }
            arrays.push(converted.array);
        }
        faults.sort_out(arrays)
    }
}

/// How messages call the staged columns: an extra one by its name in the source.
fn labels(task: &Task) -> impl Iterator<Item = &str> {
    let columns = task.columns.iter().map(|c| c.column.name.as_str());
    columns.chain(task.extra.iter().map(|e| e.source.as_str()))
}

/// The rows that are NULL in the source, not for being bad or of another shape.
fn nulls(converted: &Converted, source: &SourceBatch) -> Vec<usize> {
    let is_bad = |row: &usize| converted.bad.binary_search_by_key(row, |b| b.row).is_ok();
    let lost = |row: &usize| is_bad(row) || !source.misfits(*row).is_empty();
    (0..converted.array.len()).filter(|row| converted.array.is_null(*row) && !lost(row)).collect()
}

fn lost_column() -> Error {
    Error::new(Kind::Internal, "a batch lacks a column of its source")
}

/// From the source's column `name` to a column of staging.
pub(super) fn converter(
    task: &Task,
    name: &str,
    column: &Column,
    input: &Input,
    options: &Options,
) -> Result<Converter> {
    let from = input.reader.columns().iter().find(|c| c.name == name).map(|c| &c.data_type);
    let from = from.unwrap_or(&DataType::Null);
    let rule = task.plan.columns.get(&column.name).and_then(ColumnSource::convert);
    Converter::with(rule, from, &column.ty, options).map_err(|e| about(e, task, column))
}

/// A constant of the plan as the text that its column's type is parsed from.
pub(super) fn text_of(value: &Scalar, to: &ColumnType) -> String {
    match value {
        // An application that has no booleans keeps its flags as 0 and 1.
        Scalar::Bool(b)
            if *to != ColumnType::Bool && !matches!(to, ColumnType::Text { .. } | ColumnType::Other) =>
        {
            i32::from(*b).to_string()
        }
        value => value.to_string(),
    }
}

fn about(mut error: Error, task: &Task, column: &Column) -> Error {
    error.message = format!("column \"{}\" of table \"{}\": {}", column.name, task.name, error.message);
    error
}

fn bad_values(task: &Task, of: &Of<'_>, source: &SourceBatch, bad: &[Bad]) -> Error {
    let kind = bad.first().map_or(Kind::Internal, |b| b.kind);
    let lines = bad.iter().take(SHOWN);
    let lines = lines.map(|b| format!("{}: {:?} {}", source.spot(b.row, of.source), b.value, b.reason));
    let detail = lines.collect::<Vec<_>>().join("\n");
    let message = format!("a value does not fit column \"{}\" of table \"{}\"", of.label, task.name);
    Error::new(kind, message).detail(detail)
}

fn null_values(task: &Task, column: &Column, source: &SourceBatch, rows: &[usize], name: &str) -> Error {
    let rows = rows.iter().take(SHOWN);
    let detail = rows.map(|row| source.spot(*row, name)).collect::<Vec<_>>().join("\n");
    let what = if task.key.contains(&column.name) { "key column" } else { "column" };
    Error::new(Kind::NullValue, format!("NULL in {what} \"{}\" of table \"{}\"", column.name, task.name))
        .detail(detail)
}
