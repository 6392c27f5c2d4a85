//! Dates, times and instants: units, ranges and zones.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, PrimitiveArray};
use arrow::datatypes::{
    ArrowPrimitiveType, DataType, Date32Type, Time64MicrosecondType, TimeUnit, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
};
use chrono::{DateTime, TimeZone};

use super::Options;
use super::build::{Fault, Faults, Outcome, primitive};
use crate::error::Kind;
use crate::session::Dialect;
use crate::types::ColumnType;

pub(super) const MICROS_PER_DAY: i64 = 86_400_000_000;

fn out_of_range() -> Fault {
    Fault::new(Kind::DatetimeOverflow, "is out of range for the column")
}

/// The days that a column can hold: in PostgreSQL 4713-11-24 BC to 294276-12-31, in SQLite
/// 0001-01-01 to 9999-12-31.
fn days(dialect: Dialect) -> std::ops::RangeInclusive<i32> {
    match dialect {
        Dialect::Postgres => -2_440_588..=106_762_939,
        Dialect::Sqlite => -719_162..=2_932_896,
    }
}

pub(super) fn check_date(days_since: i64, dialect: Dialect) -> Outcome<i32> {
    i32::try_from(days_since).ok().filter(|d| days(dialect).contains(d)).ok_or_else(out_of_range)
}

pub(super) fn check_time(micros: i64) -> Outcome<i64> {
    if (0..=MICROS_PER_DAY).contains(&micros) {
        return Ok(micros);
    }
    Err(Fault::new(Kind::DatetimeOverflow, "is not within a day"))
}

pub(super) fn check_timestamp(micros: i64, dialect: Dialect) -> Outcome<i64> {
    check_date(micros.div_euclid(MICROS_PER_DAY), dialect).map(|_| micros)
}

/// The instant of a local time in a zone: of two the earlier.
pub(super) fn to_instant(micros: i64, zone: Option<chrono_tz::Tz>) -> Outcome<i64> {
    let zone = zone.ok_or(Fault::new(Kind::InvalidParameter, "has no time zone, and none is declared"))?;
    let local = DateTime::from_timestamp_micros(micros).ok_or_else(out_of_range)?.naive_utc();
    match zone.from_local_datetime(&local).earliest() {
        Some(instant) => Ok(instant.timestamp_micros()),
        None => Err(Fault::new(Kind::DatetimeOverflow, "does not exist in the declared time zone")),
    }
}

/// An array whose values all pass `check` is kept as it is.
fn checked<T: ArrowPrimitiveType>(
    array: &PrimitiveArray<T>,
    check: impl Fn(T::Native) -> Outcome<T::Native>,
) -> (ArrayRef, Faults) {
    if array.values().iter().all(|value| check(*value).is_ok()) {
        return (Arc::new(array.clone()), Faults::new());
    }
    let (kept, bad) = primitive::<T>(array, |row| check(array.value(row)));
    (Arc::new(kept.with_data_type(array.data_type().clone())), bad)
}

pub(super) fn from_date(
    array: &PrimitiveArray<Date32Type>,
    to: &ColumnType,
    opts: &Options,
) -> (ArrayRef, Faults) {
    let dialect = opts.dialect;
    if *to == ColumnType::Date {
        return checked(array, |days| check_date(i64::from(days), dialect));
    }
    let midnight = |row: usize| {
        let micros = i64::from(array.value(row)).checked_mul(MICROS_PER_DAY).ok_or_else(out_of_range)?;
        check_timestamp(micros, dialect)
    };
    stamped(array, to, |row| match to {
        ColumnType::TimestampTz => to_instant(midnight(row)?, opts.time_zone),
        _ => midnight(row),
    })
}

pub(super) fn from_time(array: &PrimitiveArray<Time64MicrosecondType>) -> (ArrayRef, Faults) {
    checked(array, check_time)
}

/// Builds a column of timestamps, with a zone where the target has one.
fn stamped(array: &dyn Array, to: &ColumnType, value: impl Fn(usize) -> Outcome<i64>) -> (ArrayRef, Faults) {
    let (array, bad) = primitive::<TimestampMicrosecondType>(array, value);
    (Arc::new(array.with_data_type(to.arrow())), bad)
}

/// Timestamps of any unit in microseconds. Nanoseconds that are no whole microsecond are rounded
/// down. Seconds and milliseconds beyond 64 bits are out of range.
pub(super) fn in_micros(array: &ArrayRef) -> (ArrayRef, Faults) {
    let DataType::Timestamp(unit, zone) = array.data_type() else {
        return (Arc::clone(array), Faults::new());
    };
    let scaled = match unit {
        TimeUnit::Microsecond => return (Arc::clone(array), Faults::new()),
        TimeUnit::Second => array.as_primitive_opt::<TimestampSecondType>().map(|a| times(a, 1_000_000)),
        TimeUnit::Millisecond => array.as_primitive_opt::<TimestampMillisecondType>().map(|a| times(a, 1000)),
        TimeUnit::Nanosecond => array
            .as_primitive_opt::<TimestampNanosecondType>()
            .map(|a| (a.unary::<_, TimestampMicrosecondType>(|nanos| nanos.div_euclid(1000)), Faults::new())),
    };
    match scaled {
        Some((scaled, bad)) => {
            let ty = DataType::Timestamp(TimeUnit::Microsecond, zone.clone());
            (Arc::new(scaled.with_data_type(ty)), bad)
        }
        None => (Arc::clone(array), Faults::new()),
    }
}

fn times<T: ArrowPrimitiveType<Native = i64>>(
    array: &PrimitiveArray<T>,
    factor: i64,
) -> (PrimitiveArray<TimestampMicrosecondType>, Faults) {
    primitive(array, |row| array.value(row).checked_mul(factor).ok_or_else(out_of_range))
}

/// Timestamps in microseconds, with or without zone.
pub(super) fn from_timestamp(
    array: &PrimitiveArray<TimestampMicrosecondType>,
    to: &ColumnType,
    opts: &Options,
) -> (ArrayRef, Faults) {
    let dialect = opts.dialect;
    let has_zone = matches!(array.data_type(), DataType::Timestamp(_, Some(_)));
    match to {
        ColumnType::Date => {
            let (array, bad) = primitive::<Date32Type>(array, |row| {
                let micros = array.value(row);
                if micros.rem_euclid(MICROS_PER_DAY) != 0 {
                    return Err(Fault::new(Kind::DatetimeOverflow, "is not at midnight"));
                }
                check_date(micros.div_euclid(MICROS_PER_DAY), dialect)
            });
            (Arc::new(array), bad)
        }
        ColumnType::TimestampTz if !has_zone => {
            stamped(array, to, |row| check_timestamp(to_instant(array.value(row), opts.time_zone)?, dialect))
        }
        _ => {
            let typed = array.clone().with_data_type(to.arrow());
            checked(&typed, |micros| check_timestamp(micros, dialect))
        }
    }
}
