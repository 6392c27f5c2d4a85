//! Arrow values to column values, every one checked: nothing is lost in silence.
//!
//! - Numbers keep their value or are out of range (22003). Only a float is rounded: to the scale of
//!   a numeric column (half away from zero), and from double to single. NaN and infinity fit no
//!   numeric column, NaN no column of SQLite.
//! - Text is parsed by the column's type (22P02) and may not hold NUL (22021). Any value can become
//!   text, by the forms of [`text`].
//! - Timestamps keep microseconds; nanoseconds are rounded down. A date is midnight, and only
//!   midnight is a date (22008). A timestamp without zone becomes an instant by the declared zone:
//!   of two instants the earlier; one that the zone skips is refused (22008).
//! - Nested values become JSON, their nulls kept.

mod build;
mod decimal;
mod json;
mod moments;
mod numbers;
mod parse;
mod rule;
mod show;
pub mod text;
mod text_columns;

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, new_null_array};
use arrow::compute::cast;
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int64Type, IntervalUnit,
    Time64MicrosecondType, TimeUnit, TimestampMicrosecondType, UInt64Type,
};

use crate::error::{Error, Kind, Result};
use crate::plan::Convert;
use crate::session::Dialect;
use crate::types::ColumnType;
use build::{Fault, Faults, strings};
use show::shown;

pub use rule::check_target;
pub use show::json_of;

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
    /// Why it does not fit, as a clause: `is out of range for the column`.
    pub reason: String,
}

/// A converted column. Bad rows are NULL in it.
#[derive(Debug, Clone)]
pub struct Converted {
    pub array: ArrayRef,
    /// In the order of rows.
    pub bad: Vec<Bad>,
}

/// Converts arrays to what a column takes.
#[derive(Debug, Clone)]
pub struct Converter {
    to: ColumnType,
    opts: Options,
    rule: Option<Convert>,
}

impl Converter {
    /// A converter from one type to another.
    ///
    /// Errors: 42804 where no value of `from` can ever fit `to`; 22023 for timestamps without
    /// zone into instants when `opts` declares no zone.
    pub fn new(from: &DataType, to: &ColumnType, opts: &Options) -> Result<Converter> {
        let from = plain(from);
        if *to != ColumnType::Any && !fits(&from, to) {
            return Err(Error::new(
                Kind::DatatypeMismatch,
                format!("values of type {from} cannot become {}", name(to)),
            ));
        }
        let local = matches!(from, DataType::Timestamp(_, None) | DataType::Date32);
        if local && *to == ColumnType::TimestampTz && opts.time_zone.is_none() {
            return Err(Error::new(
                Kind::InvalidParameter,
                "timestamps without time zone cannot become instants without a declared zone",
            )
            .hint("Declare \"time_zone\" for the table, for example \"UTC\" or \"Europe/Berlin\"."));
        }
        Ok(Converter { to: to.clone(), opts: *opts, rule: None })
    }

    /// A converter that does what a plan's rule says first.
    ///
    /// Errors: those of [`Converter::new`], and 42804 where the rule makes nothing that fits `to`.
    pub fn with(
        rule: Option<Convert>,
        from: &DataType,
        to: &ColumnType,
        opts: &Options,
    ) -> Result<Converter> {
        let Some(rule) = rule else { return Converter::new(from, to, opts) };
        check_target(rule, to)?;
        rule::check_source(rule, &plain(from), opts)?;
        Ok(Converter { to: to.clone(), opts: *opts, rule: Some(rule) })
    }

    /// What a plan's rule does to values first.
    pub fn rule(&self) -> Option<Convert> {
        self.rule
    }

    /// The column type that is filled.
    pub fn target(&self) -> &ColumnType {
        &self.to
    }

    /// The column's values, of a type that [`ColumnType::arrow`] allows. Arrays that are right
    /// already are shared, not copied. An array may have another type than the converter was made
    /// for (a later file of a source): where it can never fit, all its values are bad.
    pub fn convert(&self, array: &ArrayRef) -> Converted {
        let (values, bad) = match simple(array) {
            Ok((values, mut bad)) => {
                let mut values = values;
                if let Some(rule) = self.rule {
                    let (made, more) = rule::apply(rule, &values, &self.to, &self.opts);
                    (values, bad) = (made, merge(bad, more));
                }
                let (array, more) = self.simple(&values);
                (array, merge(bad, more))
            }
            Err(()) => self.nothing_fits(array.as_ref(), "cannot be read"),
        };
        let bad = bad.into_iter().map(|(row, fault)| Bad {
            row,
            kind: fault.kind,
            value: shown(array, row),
            reason: fault.reason.to_owned(),
        });
        Converted { bad: bad.collect(), array: values }
    }

    fn simple(&self, array: &ArrayRef) -> (ArrayRef, Faults) {
        let natural;
        let to = match &self.to {
            ColumnType::Any => {
                natural = natural_of(array.data_type());
                &natural
            }
            to => to,
        };
        if let DataType::Null = array.data_type() {
            return (new_null_array(&to.arrow(), array.len()), Faults::new());
        }
        if !fits(array.data_type(), to) {
            return self.nothing_fits(array.as_ref(), "has a type that cannot become the column's");
        }
        match self.typed(array, to) {
            Some(converted) => converted,
            None => self.as_text(array, to),
        }
    }

    /// The conversions that do not go through text.
    fn typed(&self, array: &ArrayRef, to: &ColumnType) -> Option<(ArrayRef, Faults)> {
        let opts = &self.opts;
        if same(array.data_type(), to, opts.dialect) {
            return Some((Arc::clone(array), Faults::new()));
        }
        match array.data_type() {
            DataType::Boolean => {
                let values = array.as_boolean_opt()?;
                numbers::from_int(values, |row| i128::from(values.value(row)), 1, to)
            }
            DataType::Int16 | DataType::Int32 => {
                let wide = cast(array, &DataType::Int64).ok()?;
                if *to == ColumnType::Int8 { Some((wide, Faults::new())) } else { self.typed(&wide, to) }
            }
            DataType::Int64 => {
                let values = array.as_primitive_opt::<Int64Type>()?;
                numbers::from_int(values, |row| i128::from(values.value(row)), 19, to)
            }
            DataType::UInt64 => {
                let values = array.as_primitive_opt::<UInt64Type>()?;
                numbers::from_int(values, |row| i128::from(values.value(row)), 20, to)
            }
            DataType::Float32 => {
                let values = array.as_primitive_opt::<Float32Type>()?;
                let write = |row, out: &mut String| text::float4(values.value(row), out);
                numbers::from_float(values, |row| f64::from(values.value(row)), write, to, opts)
            }
            DataType::Float64 => {
                let values = array.as_primitive_opt::<Float64Type>()?;
                let write = |row, out: &mut String| text::float8(values.value(row), out);
                numbers::from_float(values, |row| values.value(row), write, to, opts)
            }
            DataType::Decimal128(..) => {
                numbers::from_decimal(array.as_primitive_opt::<Decimal128Type>()?, to)
            }
            DataType::Decimal256(..) => numbers::from_wide_decimal(array.as_ref(), text::writer(array)?, to),
            DataType::Utf8 => Some(text_columns::from_text(array.as_string_opt()?, to, opts)),
            DataType::Binary => Some(text_columns::from_bytes(array.as_binary_opt()?, to, opts)),
            DataType::FixedSizeBinary(16) if !matches!(to, ColumnType::Bytes | ColumnType::Uuid) => None,
            DataType::FixedSizeBinary(_) => {
                Some(text_columns::from_fixed(array.as_fixed_size_binary_opt()?, to, opts))
            }
            _ if matches!(to, ColumnType::Text { .. } | ColumnType::Other | ColumnType::Json) => None,
            DataType::Date32 => Some(moments::from_date(array.as_primitive_opt::<Date32Type>()?, to, opts)),
            DataType::Time64(_) => {
                Some(moments::from_time(array.as_primitive_opt::<Time64MicrosecondType>()?))
            }
            DataType::Timestamp(..) => {
                Some(moments::from_timestamp(array.as_primitive_opt::<TimestampMicrosecondType>()?, to, opts))
            }
            _ => None,
        }
    }

    /// Values as text, for columns of text, JSON and other types.
    fn as_text(&self, array: &ArrayRef, to: &ColumnType) -> (ArrayRef, Faults) {
        let (text, bad) = match text::writer(array) {
            Some(write) => strings(array, |row, out| {
                write(row, out);
                if *to == ColumnType::Json && matches!(out.as_str(), "NaN" | "Infinity" | "-Infinity") {
                    return Err(Fault::new(Kind::OutOfRange, "is not a finite number"));
                }
                Ok(())
            }),
            None => match json::from_nested(array) {
                Ok(written) => written,
                Err(_) => return self.nothing_fits(array.as_ref(), "cannot be written as JSON"),
            },
        };
        let max_chars = match to {
            ColumnType::Text { max_chars } => *max_chars,
            _ => return (Arc::new(text), bad),
        };
        let (array, more) = text_columns::limited(&text, max_chars);
        (array, merge(bad, more))
    }

    fn nothing_fits(&self, array: &dyn Array, reason: &'static str) -> (ArrayRef, Faults) {
        let rows = (0..array.len()).filter(|row| !array.is_null(*row));
        let bad = rows.map(|row| (row, Fault::new(Kind::DatatypeMismatch, reason))).collect();
        (new_null_array(&self.to.arrow(), array.len()), bad)
    }
}

/// The column type that holds every value of an Arrow type.
pub fn natural(from: &DataType) -> ColumnType {
    match from {
        DataType::Int8 | DataType::Int16 | DataType::UInt8 => ColumnType::Int2,
        DataType::Int32 | DataType::UInt16 => ColumnType::Int4,
        DataType::Int64 | DataType::UInt32 => ColumnType::Int8,
        DataType::Float16 | DataType::Float32 => ColumnType::Float4,
        _ => natural_of(&plain(from)),
    }
}

/// [`natural`] of the types that [`simple`] yields.
fn natural_of(from: &DataType) -> ColumnType {
    match from {
        DataType::Boolean => ColumnType::Bool,
        DataType::Int64 => ColumnType::Int8,
        DataType::Int16 => ColumnType::Int2,
        DataType::Int32 => ColumnType::Int4,
        DataType::UInt64 => ColumnType::Numeric { limit: Some((20, 0)), exact: true },
        DataType::Float32 => ColumnType::Float4,
        DataType::Float64 => ColumnType::Float8,
        DataType::Decimal128(precision, scale) | DataType::Decimal256(precision, scale) => {
            ColumnType::Numeric { limit: Some((u16::from(*precision), i16::from(*scale))), exact: true }
        }
        DataType::Utf8 | DataType::Null | DataType::Interval(_) => ColumnType::Text { max_chars: None },
        DataType::FixedSizeBinary(16) => ColumnType::Uuid,
        DataType::Binary | DataType::FixedSizeBinary(_) => ColumnType::Bytes,
        DataType::Date32 => ColumnType::Date,
        DataType::Time64(_) => ColumnType::Time,
        DataType::Timestamp(_, None) => ColumnType::Timestamp,
        DataType::Timestamp(_, Some(_)) => ColumnType::TimestampTz,
        _ => ColumnType::Json,
    }
}

/// The type that [`simple`] makes of a type.
fn plain(from: &DataType) -> DataType {
    match from {
        DataType::Dictionary(_, values) => plain(values),
        DataType::RunEndEncoded(_, values) => plain(values.data_type()),
        DataType::Int8 | DataType::UInt8 | DataType::UInt16 | DataType::UInt32 | DataType::Duration(_) => {
            DataType::Int64
        }
        DataType::Float16 => DataType::Float32,
        DataType::Decimal32(p, s) | DataType::Decimal64(p, s) => DataType::Decimal128(*p, *s),
        DataType::LargeUtf8 | DataType::Utf8View => DataType::Utf8,
        DataType::LargeBinary | DataType::BinaryView => DataType::Binary,
        DataType::Date64 => DataType::Timestamp(TimeUnit::Microsecond, None),
        DataType::Time32(_) | DataType::Time64(_) => DataType::Time64(TimeUnit::Microsecond),
        DataType::Timestamp(_, zone) => DataType::Timestamp(TimeUnit::Microsecond, zone.clone()),
        DataType::Interval(_) => DataType::Interval(IntervalUnit::MonthDayNano),
        other => other.clone(),
    }
}

/// The same values in one of the few types that conversions start from.
fn simple(array: &ArrayRef) -> Result<(ArrayRef, Faults), ()> {
    let from = array.data_type();
    let to = plain(from);
    match from {
        _ if *from == to => Ok((Arc::clone(array), Faults::new())),
        DataType::Dictionary(_, values) => simple(&cast(array, values).map_err(drop)?),
        DataType::RunEndEncoded(_, values) => simple(&cast(array, values.data_type()).map_err(drop)?),
        DataType::Timestamp(..) => Ok(moments::in_micros(array)),
        _ => Ok((cast(array, &to).map_err(drop)?, Faults::new())),
    }
}

/// Whether an array of a type is already right for a column, whatever its values.
fn same(from: &DataType, to: &ColumnType, dialect: Dialect) -> bool {
    match to {
        ColumnType::Bool | ColumnType::Int2 | ColumnType::Int4 | ColumnType::Int8 => *from == to.arrow(),
        ColumnType::Float4 | ColumnType::Float8 => *from == to.arrow() && dialect == Dialect::Postgres,
        _ => false,
    }
}

/// Whether some value of a plain type fits a column.
fn fits(from: &DataType, to: &ColumnType) -> bool {
    use ColumnType as C;
    let number = to.is_number();
    let textual = matches!(to, C::Text { .. } | C::Other | C::Any);
    match from {
        DataType::Null | DataType::Utf8 => true,
        _ if textual => json_or_text(from),
        DataType::Boolean => matches!(to, C::Bool | C::Int2 | C::Int4 | C::Int8 | C::Json),
        DataType::Int16 | DataType::Int32 | DataType::Int64 | DataType::UInt64 => {
            number || matches!(to, C::Bool | C::Json)
        }
        DataType::Float32 | DataType::Float64 | DataType::Decimal128(..) | DataType::Decimal256(..) => {
            number || *to == C::Json
        }
        DataType::Binary => matches!(to, C::Bytes | C::Json | C::Uuid),
        DataType::FixedSizeBinary(16) => matches!(to, C::Bytes | C::Uuid),
        DataType::FixedSizeBinary(_) => matches!(to, C::Bytes | C::Json),
        DataType::Date32 => matches!(to, C::Date | C::Timestamp | C::TimestampTz),
        DataType::Time64(_) => *to == C::Time,
        DataType::Timestamp(..) => matches!(to, C::Date | C::Timestamp | C::TimestampTz),
        _ => *to == C::Json && json_or_text(from),
    }
}

fn json_or_text(from: &DataType) -> bool {
    !from.is_nested() || json::is_writable(from)
}

fn merge(mut first: Faults, second: Faults) -> Faults {
    if first.is_empty() {
        return second;
    }
    first.extend(second);
    first.sort_by_key(|(row, _)| *row);
    first
}

/// How a column type is called in messages.
fn name(to: &ColumnType) -> String {
    match to {
        ColumnType::Bool => "boolean",
        ColumnType::Int2 => "smallint",
        ColumnType::Int4 => "integer",
        ColumnType::Int8 => "bigint",
        ColumnType::Float4 => "real",
        ColumnType::Float8 => "double precision",
        ColumnType::Numeric { limit: Some((precision, scale)), .. } => {
            return format!("numeric({precision},{scale})");
        }
        ColumnType::Numeric { limit: None, .. } => "numeric",
        ColumnType::Text { .. } => "text",
        ColumnType::Bytes => "bytes",
        ColumnType::Date => "date",
        ColumnType::Time => "time",
        ColumnType::Timestamp => "timestamp",
        ColumnType::TimestampTz => "timestamp with time zone",
        ColumnType::Uuid => "uuid",
        ColumnType::Json => "json",
        ColumnType::Other | ColumnType::Any => "the column's type",
    }
    .to_owned()
}
