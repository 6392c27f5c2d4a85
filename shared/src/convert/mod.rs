//! Arrow values to column values.

pub mod text;

use arrow::array::ArrayRef;
use arrow::datatypes::DataType;

use crate::error::{Error, Kind, Result};
use crate::session::Dialect;
use crate::types::ColumnType;

/// What a conversion depends on besides the two types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// The zone of timestamps that carry none.
    pub time_zone: Option<chrono_tz::Tz>,
    pub dialect: Dialect,
}

/// A value that did not fit its column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bad {
    /// Its row in the batch, from 0.
    pub row: usize,
    pub kind: Kind,
    /// The value as text, cut at 60 characters.
    pub value: String,
    /// Why it does not fit, as a clause: `is out of range for integer`.
    pub reason: String,
}

/// A converted column. Bad rows are NULL in it.
#[derive(Debug, Clone)]
pub struct Converted {
    pub array: ArrayRef,
    pub bad: Vec<Bad>,
}

/// Converts arrays of one type to what a column takes.
#[derive(Debug)]
pub struct Converter {
    to: ColumnType,
}

impl Converter {
    /// Errors: 42804 where no value of `from` can ever fit `to`; 22023 for timestamps without
    /// zone into instants when `opts` declares no zone.
    pub fn new(_from: &DataType, _to: &ColumnType, _opts: &Options) -> Result<Converter> {
        Err(Error::new(Kind::Internal, "not built yet"))
    }

    /// The column's values, of a type that [`ColumnType::arrow`] allows. An array of another type
    /// than the converter was made for is converted by its own type.
    pub fn convert(&self, array: &ArrayRef) -> Converted {
        Converted { array: array.clone(), bad: Vec::new() }
    }

    /// The column type this converter fills.
    pub fn target(&self) -> &ColumnType {
        &self.to
    }
}

/// The column type that holds every value of an Arrow type.
pub fn natural(_from: &DataType) -> ColumnType {
    ColumnType::Json
}
