//! Integers and floating-point numbers.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, Decimal128Array, PrimitiveArray};
use arrow::datatypes::{Decimal128Type, Float32Type, Float64Type, Int16Type, Int32Type, Int64Type};

use super::Options;
use super::build::{Fault, Faults, Outcome, booleans, primitive};
use super::decimal::{self, Target, typed};
use super::text;
use crate::error::Kind;
use crate::session::Dialect;
use crate::types::ColumnType;

fn out_of_range() -> Fault {
    Fault::new(Kind::OutOfRange, "is out of range for the column")
}

/// An integer that fits a narrower type.
pub(super) fn to_int<T: TryFrom<i128>>(value: i128) -> Outcome<T> {
    T::try_from(value).map_err(|_| out_of_range())
}

/// A double for a column of doubles. SQLite would turn NaN into NULL.
pub(super) fn to_f64(value: f64, dialect: Dialect) -> Outcome<f64> {
    if value.is_nan() && dialect == Dialect::Sqlite {
        return Err(Fault::new(Kind::OutOfRange, "is not a number, which the column cannot hold"));
    }
    Ok(value)
}

/// A double rounded to the nearest single; one that would become infinite or 0 is out of range.
pub(super) fn to_f32(value: f64, dialect: Dialect) -> Outcome<f32> {
    let narrow = to_f64(value, dialect)? as f32; // to nearest, checked below
    if (narrow.is_infinite() && value.is_finite()) || (narrow == 0.0 && value != 0.0) {
        return Err(out_of_range());
    }
    Ok(narrow)
}

fn numbers<T: ArrowPrimitiveType>(
    array: &dyn Array,
    value: impl Fn(usize) -> Outcome<T::Native>,
) -> (ArrayRef, Faults) {
    let (array, bad): (PrimitiveArray<T>, _) = primitive(array, value);
    (Arc::new(array), bad)
}

/// Integers, given as 128 bits each, into a column of numbers or truth values. `precision` is
/// how many digits the source's type can have.
pub(super) fn from_int(
    array: &dyn Array,
    value: impl Fn(usize) -> i128,
    precision: u8,
    to: &ColumnType,
) -> Option<(ArrayRef, Faults)> {
    Some(match to {
        ColumnType::Bool => {
            let (array, bad) = booleans(array, |row| match value(row) {
                0 => Ok(false),
                1 => Ok(true),
                _ => Err(out_of_range()),
            });
            (Arc::new(array), bad)
        }
        ColumnType::Int2 => numbers::<Int16Type>(array, |row| to_int(value(row))),
        ColumnType::Int4 => numbers::<Int32Type>(array, |row| to_int(value(row))),
        ColumnType::Int8 => numbers::<Int64Type>(array, |row| to_int(value(row))),
        ColumnType::Float4 => numbers::<Float32Type>(array, |row| exact_f32(value(row))),
        ColumnType::Float8 => numbers::<Float64Type>(array, |row| exact_f64(value(row))),
        ColumnType::Numeric { .. } => {
            let (wide, _) = primitive::<Decimal128Type>(array, |row| Ok(value(row)));
            let wide = typed(wide, precision, 0);
            let wide = wide.as_any().downcast_ref::<Decimal128Array>()?;
            decimal::from_decimal128(wide, Target::of(to)?)
        }
        _ => return None,
    })
}

/// A float can hold every integer up to 2^53 (2^24), and some beyond.
fn exact_f64(value: i128) -> Outcome<f64> {
    let float = value as f64; // to nearest, checked by the way back
    if float as i128 == value {
        Ok(float)
    } else {
        Err(Fault::new(Kind::OutOfRange, "would lose digits in the column"))
    }
}

fn exact_f32(value: i128) -> Outcome<f32> {
    let float = value as f32; // to nearest, checked by the way back
    if float as i128 == value {
        Ok(float)
    } else {
        Err(Fault::new(Kind::OutOfRange, "would lose digits in the column"))
    }
}

/// Floats, given as doubles, into a column of numbers. `write` gives their shortest text.
pub(super) fn from_float(
    array: &dyn Array,
    value: impl Fn(usize) -> f64,
    write: impl Fn(usize, &mut String),
    to: &ColumnType,
    opts: &Options,
) -> Option<(ArrayRef, Faults)> {
    let whole = |row: usize| -> Outcome<i128> {
        let float = value(row);
        let limit = 2_f64.powi(100); // far above every integer column, and exact in 128 bits
        if float.trunc() != float || float.abs() > limit {
            return Err(if float.is_finite() && float.trunc() != float {
                Fault::new(Kind::OutOfRange, "is not a whole number")
            } else {
                out_of_range()
            });
        }
        Ok(float as i128) // whole and within 2^100
    };
    Some(match to {
        ColumnType::Int2 => numbers::<Int16Type>(array, |row| to_int(whole(row)?)),
        ColumnType::Int4 => numbers::<Int32Type>(array, |row| to_int(whole(row)?)),
        ColumnType::Int8 => numbers::<Int64Type>(array, |row| to_int(whole(row)?)),
        ColumnType::Float4 => numbers::<Float32Type>(array, |row| to_f32(value(row), opts.dialect)),
        ColumnType::Float8 => numbers::<Float64Type>(array, |row| to_f64(value(row), opts.dialect)),
        ColumnType::Numeric { .. } => decimal::from_text(array, Target::of(to)?, true, write),
        _ => return None,
    })
}

/// Decimals into a column of numbers.
pub(super) fn from_decimal(array: &Decimal128Array, to: &ColumnType) -> Option<(ArrayRef, Faults)> {
    let scale = array.scale();
    let whole = |row: usize| {
        decimal::whole(array.value(row), scale)
            .ok_or(Fault::new(Kind::OutOfRange, "is not a whole number in range"))
    };
    let text = |row: usize| {
        let mut text = String::new();
        text::decimal128(array.value(row), scale, &mut text);
        text
    };
    Some(match to {
        ColumnType::Int2 => numbers::<Int16Type>(array, |row| to_int(whole(row)?)),
        ColumnType::Int4 => numbers::<Int32Type>(array, |row| to_int(whole(row)?)),
        ColumnType::Int8 => numbers::<Int64Type>(array, |row| to_int(whole(row)?)),
        ColumnType::Float4 => {
            numbers::<Float32Type>(array, |row| text(row).parse().map_err(|_| out_of_range()))
        }
        ColumnType::Float8 => {
            numbers::<Float64Type>(array, |row| text(row).parse().map_err(|_| out_of_range()))
        }
        ColumnType::Numeric { .. } => decimal::from_decimal128(array, Target::of(to)?),
        _ => return None,
    })
}

/// Wide decimals, given as text, into a column of numbers.
pub(super) fn from_wide_decimal(
    array: &dyn Array,
    write: impl Fn(usize, &mut String),
    to: &ColumnType,
) -> Option<(ArrayRef, Faults)> {
    let text = |row: usize| {
        let mut text = String::new();
        write(row, &mut text);
        text
    };
    Some(match to {
        ColumnType::Int2 => numbers::<Int16Type>(array, |row| to_int(decimal::whole_text(&text(row))?)),
        ColumnType::Int4 => numbers::<Int32Type>(array, |row| to_int(decimal::whole_text(&text(row))?)),
        ColumnType::Int8 => numbers::<Int64Type>(array, |row| to_int(decimal::whole_text(&text(row))?)),
        ColumnType::Float4 => numbers::<Float32Type>(array, |row| {
            text(row).parse::<f32>().ok().filter(|f| f.is_finite()).ok_or_else(out_of_range)
        }),
        ColumnType::Float8 => numbers::<Float64Type>(array, |row| {
            text(row).parse::<f64>().ok().filter(|f| f.is_finite()).ok_or_else(out_of_range)
        }),
        ColumnType::Numeric { .. } => decimal::from_text(array, Target::of(to)?, false, write),
        _ => return None,
    })
}
