//! Step 5 of a run: sources into staging, converted to the target's types.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Int64Array, StringArray, new_null_array};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::record_batch::RecordBatch;

use crate::catalog::Column;
use crate::convert::{Bad, Converter, Options};
use crate::error::{Error, Kind, Result};
use crate::plan::Scalar;
use crate::planner::{From, Task};
use crate::session::{Batch, LoadColumn, LoadKind, LoadTarget, Session};
use crate::source::SourceBatch;
use crate::types::ColumnType;

use super::ahead::{Step, read_ahead};
use super::prepare::Input;
use super::progress::Progress;

/// How many rows an error shows.
const SHOWN: usize = 5;

/// Reads a source into staging and returns how many rows it had.
///
/// Errors: those of the file (22P04, 54000, ...), of values that do not fit their column (22003,
/// 22001, 22021, ...) and 23502 for a NULL in a key or a NOT NULL column.
pub(crate) fn stage(
    s: &mut dyn Session,
    task: &Task,
    table: (String, String),
    input: &mut Input,
    clock: &Progress,
) -> Result<i64> {
    let row = LoadColumn { name: task.own_column("_row"), ty: ColumnType::Int8 };
    load(s, task, LoadTarget { table, columns: vec![row], kind: LoadKind::Own }, input, clock)
}

/// Reads a source into a table. `target.columns` holds the ordinal column where the table has
/// one; the task's columns are added here.
pub(crate) fn load(
    s: &mut dyn Session,
    task: &Task,
    mut target: LoadTarget,
    input: &mut Input,
    clock: &Progress,
) -> Result<i64> {
    let ordinal = !target.columns.is_empty();
    let columns = task.staged_columns().map(|c| LoadColumn { name: c.name.clone(), ty: c.ty.clone() });
    target.columns.extend(columns);
    input.reader.project(&source_names(task))?;
    let columns = Columns::new(s, task, input)?;
    let load = s.load_open(&target)?;
    let mut next: i64 = 0;
    let reader = &mut input.reader;
    let produce = || {
        let Some(batch) = reader.next()? else { return Ok(None) };
        let converted = columns.convert(task, &batch, ordinal.then_some(next))?;
        next += rows_of(&converted);
        Ok(Some(converted))
    };
    let mut rows: i64 = 0;
    read_ahead(produce, &mut |step| {
        s.check_interrupt()?;
        let Step::Next(batch) = step else { return Ok(()) };
        s.load_rows(load, &batch)?;
        rows += rows_of(&batch);
        clock.reached(s, "staging", &task.name, rows);
        Ok(())
    })?;
    let written = s.load_close(load)?;
    if i64::try_from(written) != Ok(rows) {
        return Err(Error::new(
            Kind::TriggeredAction,
            format!("a trigger of \"{}\" refused rows", task.name),
        )
        .detail(format!("{rows} rows were read and {written} were written.")));
    }
    Ok(rows)
}

fn rows_of(batch: &Batch) -> i64 {
    i64::try_from(batch.num_rows()).unwrap_or(i64::MAX)
}

/// The source columns that a task reads, each once.
fn source_names(task: &Task) -> Vec<&str> {
    let mut names = Vec::new();
    let filled = task.columns.iter().filter_map(|staged| match &staged.from {
        From::Source(name) => Some(name.as_str()),
        From::Constant(_) | From::Lookup(_) => None,
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
    Source { index: usize, converter: Converter },
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
            let from = input.reader.columns().iter().find(|c| c.name == name).map(|c| &c.data_type);
            let index = names.iter().position(|n| *n == name).ok_or_else(lost_column)?;
            let converter = Converter::new(from.unwrap_or(&DataType::Null), &column.ty, &options)
                .map_err(|e| about(e, task, column))?;
            Ok::<_, Error>(Filler::Source { index, converter })
        };
        for staged in &task.columns {
            let to = &staged.column.ty;
            fillers.push(match &staged.from {
                From::Constant(value) => Filler::Constant {
                    text: text_of(value, to),
                    converter: Converter::new(&DataType::Utf8, to, &options)?,
                },
                From::Source(name) => source_filler(name, &staged.column)?,
                From::Lookup(_) => Filler::Nothing,
            });
        }
        for extra in &task.extra {
            fillers.push(source_filler(&extra.source, &extra.column)?);
        }
        Ok(Columns(fillers))
    }

    /// The batch as staging takes it, with ordinals from `first` where staging has them.
    fn convert(&self, task: &Task, source: &SourceBatch, first: Option<i64>) -> Result<Batch> {
        let rows = source.batch.num_rows();
        let mut arrays: Vec<ArrayRef> = Vec::with_capacity(self.0.len() + 1);
        if let Some(first) = first {
            let count = i64::try_from(rows).unwrap_or(i64::MAX);
            arrays.push(Arc::new(Int64Array::from_iter_values(first + 1..=first + count)));
        }
        for (filler, column) in self.0.iter().zip(task.staged_columns()) {
            let converted = match filler {
                Filler::Source { index, converter } => {
                    converter.convert(source.batch.columns().get(*index).ok_or_else(lost_column)?)
                }
                Filler::Constant { text, converter } => {
                    converter.convert(&(Arc::new(StringArray::from(vec![text.as_str(); rows])) as ArrayRef))
                }
                Filler::Nothing => {
                    arrays.push(new_null_array(&column.ty.arrow(), rows));
                    continue;
                }
            };
            if !converted.bad.is_empty() {
                return Err(bad_values(task, column, source, &converted.bad));
            }
            let required = column.not_null || task.key.contains(&column.name);
            if required && converted.array.null_count() > 0 {
                return Err(null_values(task, column, source, &converted.array));
            }
            arrays.push(converted.array);
        }
        let fields =
            arrays.iter().enumerate().map(|(i, a)| Field::new(i.to_string(), a.data_type().clone(), true));
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        let batch = RecordBatch::try_new(schema, arrays);
        Ok(Arc::new(batch.map_err(|e| {
            Error::new(Kind::Internal, "a batch does not hold together").detail(e.to_string())
        })?))
    }
}

fn lost_column() -> Error {
    Error::new(Kind::Internal, "a batch lacks a column of its source")
}

/// A constant of the plan as the text that its column's type is parsed from.
fn text_of(value: &Scalar, to: &ColumnType) -> String {
    match value {
        // An application that has no booleans keeps its flags as 0 and 1.
        Scalar::Bool(b)
            if *to != ColumnType::Bool && !matches!(to, ColumnType::Text { .. } | ColumnType::Other) =>
        {
            i32::from(*b).to_string()
        }
        Scalar::Bool(b) => b.to_string(),
        Scalar::Int(n) => n.to_string(),
        Scalar::Float(x) => x.to_string(),
        Scalar::Text(text) => text.clone(),
    }
}

fn about(mut error: Error, task: &Task, column: &Column) -> Error {
    error.message = format!("column \"{}\" of table \"{}\": {}", column.name, task.name, error.message);
    error
}

fn bad_values(task: &Task, column: &Column, source: &SourceBatch, bad: &[Bad]) -> Error {
    let kind = bad.first().map_or(Kind::Internal, |b| b.kind);
    let lines =
        bad.iter().take(SHOWN).map(|b| format!("{}: {:?} {}", place(source, b.row), b.value, b.reason));
    let detail = lines.collect::<Vec<_>>().join("\n");
    let message = format!("a value does not fit column \"{}\" of table \"{}\"", column.name, task.name);
    Error::new(kind, message).detail(detail)
}

fn null_values(task: &Task, column: &Column, source: &SourceBatch, array: &ArrayRef) -> Error {
    let rows = (0..array.len()).filter(|row| array.is_null(*row)).take(SHOWN);
    let detail = rows.map(|row| place(source, row)).collect::<Vec<_>>().join("\n");
    let what = if task.key.contains(&column.name) { "key column" } else { "column" };
    Error::new(Kind::NullValue, format!("NULL in {what} \"{}\" of table \"{}\"", column.name, task.name))
        .detail(detail)
}

/// Where a row is: counted from 1, as a person counts.
fn place(source: &SourceBatch, row: usize) -> String {
    let number = u64::try_from(row).unwrap_or(u64::MAX).saturating_add(source.first_row).saturating_add(1);
    format!("row {number} of \"{}\"", source.file.display())
}
