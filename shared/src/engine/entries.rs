//! Entries of the quarantine as a source of rows: every column under the name that staging has for
//! it, every value of the kind that it has in its entry.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, Decimal128Array, Float64Array, Int64Array, StringArray,
};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::record_batch::RecordBatch;
use serde_json::value::RawValue;

use crate::catalog::Column;
use crate::error::{Error, Kind, Result};
use crate::plan::{ColumnSource, Convert};
use crate::planner::Task;
use crate::source::{Element, Elements, Misfit, RowSource, SourceBatch, SourceColumn};
use crate::types::ColumnType;

use super::faults::broken;

/// The most digits that a decimal array holds.
const DIGITS: u8 = 38;

/// One entry: the columns and the JSON text of their values.
type Entry = HashMap<String, Box<RawValue>>;

/// Reads an entry's row.
pub(super) fn parse(entry: &str) -> Result<Entry> {
    serde_json::from_str(entry).map_err(|e| {
        Error::new(Kind::Internal, "a quarantined row is not a JSON object").detail(e.to_string())
    })
}

/// A page of entries. Neighbours whose values are of the same kinds share a batch.
pub(super) struct Entries {
    columns: Vec<SourceColumn>,
    projection: Vec<usize>,
    batches: VecDeque<(RecordBatch, Option<Elements>)>,
    next_row: u64,
}

impl Entries {
    /// The rows of `entries`, of which `columns` are read. Errors: 55000 where an entry lacks one.
    pub fn new<'a>(
        task: &Task,
        columns: &[&Column],
        entries: impl Iterator<Item = &'a str>,
        first_row: i64,
    ) -> Result<Entries> {
        let mut batches = VecDeque::new();
        let mut rows: Vec<Vec<Cell>> = Vec::new();
        for entry in entries {
            let entry = parse(entry)?;
            let cell = |column: &&Column| match entry.get(&column.name) {
                Some(raw) => match task.plan.columns.get(&column.name).and_then(ColumnSource::convert) {
                    Some(rule) => Cell::read_converted(raw.get(), &column.ty, rule),
                    None => Cell::read(raw.get(), &column.ty),
                },
                None => Err(lacks(task, column)),
            };
            let row = columns.iter().map(cell).collect::<Result<Vec<Cell>>>()?;
            // The first value of a column that is not NULL decides.
            let mixed =
                row.iter().enumerate().any(|(i, cell)| kind(&rows, i).is_some_and(|kind| !cell.is(kind)));
            if mixed {
                batches.push_back(batch(columns, &std::mem::take(&mut rows))?);
            }
            rows.push(row);
        }
        batches.push_back(batch(columns, &rows)?);
        let columns = columns.iter().map(|column| SourceColumn {
            name: column.name.clone(),
            data_type: DataType::Utf8,
            source_type: String::new(),
            natural: column.ty.clone(),
            nullable: true,
        });
        Ok(Entries {
            columns: columns.collect(),
            projection: Vec::new(),
            batches,
            next_row: u64::try_from(first_row).unwrap_or(0),
        })
    }
}

impl RowSource for Entries {
    fn columns(&self) -> &[SourceColumn] {
        &self.columns
    }

    fn project(&mut self, names: &[&str]) -> Result<()> {
        let place = |name: &&str| self.columns.iter().position(|c| c.name == *name);
        self.projection = names.iter().filter_map(place).collect();
        Ok(())
    }

    fn next(&mut self) -> Result<Option<SourceBatch>> {
        let Some((batch, elements)) = self.batches.pop_front() else { return Ok(None) };
        let batch = batch.project(&self.projection).map_err(|e| Error::new(Kind::Internal, e.to_string()))?;
        let first_row = self.next_row;
        self.next_row += u64::try_from(batch.num_rows()).unwrap_or(0);
        Ok(Some(SourceBatch { from: "the quarantine".into(), first_row, rows: None, elements, batch }))
    }
}

/// A value of an entry.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    Null,
    Text(String),
    Bytes(Vec<u8>),
    Bool(bool),
    Int(i64),
    Float(f64),
    /// Unscaled, and its scale.
    Decimal(i128, i8),
    /// Something of another shape stands where the value should be.
    Misfit(Misfit),
}

impl Cell {
    /// The value of JSON text for a column. Numbers keep all their digits.
    pub fn read(raw: &str, ty: &ColumnType) -> Result<Cell> {
        if raw == "null" {
            return Ok(Cell::Null);
        }
        if raw.starts_with(MISFIT)
            && let Ok(Kept { misfit: (path, value, reason) }) = serde_json::from_str(raw)
        {
            return Ok(Cell::Misfit(Misfit { column: None, path, value, reason }));
        }
        if *ty == ColumnType::Json {
            return Ok(Cell::Text(raw.to_owned()));
        }
        if raw.starts_with('"') {
            let text = serde_json::from_str(raw);
            return text.map(Cell::Text).map_err(|e| {
                Error::new(Kind::Internal, "a quarantined value is not JSON").detail(e.to_string())
            });
        }
        if raw.starts_with('{')
            && let Ok(found) = serde_json::from_str::<Hexadecimal>(raw)
            && let Some(bytes) = found.read()
        {
            return Ok(match String::from_utf8(bytes) {
                Ok(text) if *ty != ColumnType::Bytes => Cell::Text(text),
                Ok(text) => Cell::Bytes(text.into_bytes()),
                Err(error) => Cell::Bytes(error.into_bytes()),
            });
        }
        if let Ok(b) = raw.parse() {
            return Ok(Cell::Bool(b));
        }
        if let Ok(n) = raw.parse() {
            return Ok(Cell::Int(n));
        }
        let float = matches!(ty, ColumnType::Float4 | ColumnType::Float8 | ColumnType::Any);
        if let (false, Some((whole, fraction))) = (float, raw.split_once('.'))
            && let (Ok(unscaled), Ok(scale)) =
                (format!("{whole}{fraction}").parse(), i8::try_from(fraction.len()))
            && whole.len() + fraction.len() <= usize::from(DIGITS)
        {
            return Ok(Cell::Decimal(unscaled, scale));
        }
        Ok(match raw.parse() {
            Ok(x) if float => Cell::Float(x),
            _ => Cell::Text(raw.to_owned()),
        })
    }

    /// The value of a column whose values a rule of the plan makes of other values, as a value that it
    /// would be made of.
    fn read_converted(raw: &str, ty: &ColumnType, rule: Convert) -> Result<Cell> {
        if let Ok(Unconverted { unconverted }) = serde_json::from_str(raw) {
            let text = ColumnType::Text { max_chars: None };
            return Cell::read(unconverted.get(), &text);
        }
        let cell = Cell::read(raw, ty)?;
        Ok(match (rule, cell) {
            (Convert::Cents, Cell::Int(cents)) => Cell::Text(format!("{cents}e-2")),
            (Convert::Cents, Cell::Text(cents)) => Cell::Text(format!("{cents}e-2")),
            (Convert::Utc, Cell::Text(moment)) => {
                let clock = moment.get(10..).unwrap_or_default();
                let suffix = if clock.contains(['Z', '+', '-']) { "" } else { "Z" };
                Cell::Text(format!("{moment}{suffix}"))
            }
            (Convert::LocalDate, Cell::Text(date)) => {
                Cell::Text(date.split([' ', 'T']).next().unwrap_or_default().to_owned())
            }
            (_, cell) => cell,
        })
    }

    /// How an entry keeps a value, told as JSON, that a rule of the plan could not make another of.
    pub fn unconverted(json: &str) -> String {
        format!("{{\"unconverted\":{json}}}")
    }

    /// How an entry keeps what is of another shape.
    pub fn misfit(misfit: &Misfit) -> String {
        serde_json::json!({ "misfit": [misfit.path, misfit.value, misfit.reason] }).to_string()
    }

    /// Whether it fits into an array of the other's kind.
    fn is(&self, other: &Cell) -> bool {
        match (self, other) {
            (Cell::Null | Cell::Misfit(_), _) => true,
            (Cell::Decimal(_, a), Cell::Decimal(_, b)) => a == b,
            (a, b) => std::mem::discriminant(a) == std::mem::discriminant(b),
        }
    }
}

/// Bytes, and text that JSON has no place for: `{"bytes": "\\x6100"}`.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Hexadecimal {
    bytes: String,
}

impl Hexadecimal {
    fn read(&self) -> Option<Vec<u8>> {
        let (pairs, []) = self.bytes.strip_prefix("\\x")?.as_bytes().as_chunks::<2>() else { return None };
        let byte = |pair: &[u8; 2]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
        pairs.iter().map(byte).collect()
    }
}

/// How an entry's value begins that is kept by [`Cell::misfit`], as both databases spell it.
const MISFIT: &str = "{\"misfit\":";

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    misfit: (String, String, String),
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Unconverted {
    unconverted: Box<RawValue>,
}

/// The first value in column `i` that is not NULL.
fn kind(rows: &[Vec<Cell>], i: usize) -> Option<&Cell> {
    rows.iter().filter_map(|row| row.get(i)).find(|cell| !matches!(cell, Cell::Null | Cell::Misfit(_)))
}

/// What in the rows is of another shape; None where nothing is.
fn elements(columns: &[&Column], rows: &[Vec<Cell>]) -> Option<Elements> {
    let misfit = |(column, cell): (&&Column, &Cell)| match cell {
        Cell::Misfit(misfit) => Some(Misfit { column: Some(column.name.clone()), ..misfit.clone() }),
        _ => None,
    };
    let element = |(number, row): (u64, &Vec<Cell>)| {
        let misfits: Vec<Misfit> = columns.iter().zip(row).filter_map(misfit).collect();
        Element { number, at: Box::default(), misfits }
    };
    let all: Vec<Element> = (1..).zip(rows).map(element).collect();
    let any = all.iter().any(|element| !element.misfits.is_empty());
    any.then(|| Elements { lines: false, rows: all.into() })
}

fn batch(columns: &[&Column], rows: &[Vec<Cell>]) -> Result<(RecordBatch, Option<Elements>)> {
    let arrays: Vec<ArrayRef> = (0..columns.len()).map(|i| array(rows, i)).collect();
    let fields = columns.iter().zip(&arrays).map(|(c, a)| Field::new(&c.name, a.data_type().clone(), true));
    let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    let options = arrow::record_batch::RecordBatchOptions::new().with_row_count(Some(rows.len()));
    let batch = RecordBatch::try_new_with_options(schema, arrays, &options).map_err(|e| broken(&e))?;
    Ok((batch, elements(columns, rows)))
}

/// Column `i`, whose values are of one kind.
fn array(rows: &[Vec<Cell>], i: usize) -> ArrayRef {
    let cells = rows.iter().map(|row| row.get(i));
    macro_rules! of {
        ($kind:pat => $value:expr, $array:ty) => {
            cells.map(|cell| if let Some($kind) = cell { Some($value) } else { None }).collect::<$array>()
        };
    }
    match kind(rows, i) {
        None | Some(Cell::Null | Cell::Misfit(_) | Cell::Text(_)) => {
            Arc::new(of!(Cell::Text(text) => text.as_str(), StringArray))
        }
        Some(Cell::Bytes(_)) => Arc::new(of!(Cell::Bytes(bytes) => bytes.as_slice(), BinaryArray)),
        Some(Cell::Bool(_)) => Arc::new(of!(Cell::Bool(b) => *b, BooleanArray)),
        Some(Cell::Int(_)) => Arc::new(of!(Cell::Int(n) => *n, Int64Array)),
        Some(Cell::Float(_)) => Arc::new(of!(Cell::Float(x) => *x, Float64Array)),
        Some(Cell::Decimal(_, scale)) => {
            let array = of!(Cell::Decimal(n, _) => *n, Decimal128Array);
            Arc::new(array.with_data_type(DataType::Decimal128(DIGITS, *scale)))
        }
    }
}

fn lacks(task: &Task, column: &Column) -> Error {
    Error::new(
        Kind::NotInState,
        format!("a quarantined row of \"{}\" has no column \"{}\"", task.name, column.name),
    )
    .detail("It was refused under another plan.")
    .hint("run the phase in full, which refuses its rows anew")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_back_as_they_were() {
        let text = ColumnType::Text { max_chars: None };
        let numeric = ColumnType::Numeric { limit: None, exact: true };
        let read = |raw: &str, ty: &ColumnType| Cell::read(raw, ty).unwrap();
        assert_eq!(read("null", &text), Cell::Null);
        assert_eq!(read(r#""a\"b""#, &text), Cell::Text("a\"b".to_owned()));
        assert_eq!(read("-0.50", &numeric), Cell::Decimal(-50, 2));
        assert_eq!(
            read("12345678901234567890.123456789", &numeric),
            Cell::Decimal(12345678901234567890123456789, 9)
        );
        assert_eq!(read("0.1", &ColumnType::Float8), Cell::Float(0.1));
        assert_eq!(read("true", &ColumnType::Bool), Cell::Bool(true));
        assert_eq!(read("7", &ColumnType::Any), Cell::Int(7));
        assert_eq!(read(r#""text""#, &ColumnType::Json), Cell::Text(r#""text""#.to_owned()));
        assert_eq!(read(r#"{"a": [1]}"#, &ColumnType::Json), Cell::Text(r#"{"a": [1]}"#.to_owned()));
        assert_eq!(read(r#"{"bytes": "\\x00ff"}"#, &text), Cell::Bytes(vec![0, 255]));
        assert_eq!(read(r#"{"bytes": "\\x6100"}"#, &text), Cell::Text("a\0".to_owned()));
        // A number beyond every array stays text, and its column says what it thinks of it.
        assert_eq!(read("1e300", &numeric), Cell::Text("1e300".to_owned()));
    }
}
