//! What a plan asks for besides a column's type: cents, moments in UTC, local dates.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Date32Type, Decimal128Type, TimestampMicrosecondType};
use chrono::{DateTime, Offset, TimeZone};

use super::build::{Fault, Faults, Outcome, primitive};
use super::moments::{MICROS_PER_DAY, check_date};
use super::{Converter, Options, decimal, parse, text};
use crate::error::{Error, Kind, Result};
use crate::plan::Convert;
use crate::types::ColumnType;

/// How many digits the cents of an amount may have: more than any integer column takes.
const CENT_DIGITS: u8 = 38;

/// Checks that a rule makes values for a column. Errors: 42804.
pub fn check_target(rule: Convert, to: &ColumnType) -> Result<()> {
    use ColumnType as C;
    let fits = match rule {
        Convert::Cents => to.is_number() || *to == C::Any,
        Convert::Utc => matches!(to, C::Timestamp | C::TimestampTz | C::Text { .. } | C::Any),
        Convert::LocalDate => matches!(to, C::Date | C::Timestamp | C::Text { .. } | C::Any),
    };
    if fits {
        return Ok(());
    }
    let message = format!("\"{}\" cannot become {}", rule.name(), super::name(to));
    Err(Error::new(Kind::DatatypeMismatch, message))
}

/// Checks that a rule takes values of a type. Errors: 42804.
pub(super) fn check_source(rule: Convert, from: &DataType, opts: &Options) -> Result<()> {
    match rule {
        Convert::Cents if from.is_nested() || matches!(from, DataType::Boolean) || from.is_temporal() => {
            Err(Error::new(Kind::DatatypeMismatch, format!("values of type {from} are no amounts")))
        }
        Convert::Cents => Ok(()),
        Convert::Utc | Convert::LocalDate => Converter::new(from, &ColumnType::TimestampTz, opts).map(drop),
    }
}

/// The values as the rule makes them, for the column's own conversion; what does not fit is NULL.
pub(super) fn apply(rule: Convert, array: &ArrayRef, to: &ColumnType, opts: &Options) -> (ArrayRef, Faults) {
    match rule {
        Convert::Cents => cents(array, to),
        Convert::Utc => {
            let (moments, bad) = instants(array, opts);
            // A column without zone, or of text, keeps what the clock shows in UTC.
            match to {
                ColumnType::Timestamp => (retyped(&moments, &ColumnType::Timestamp), bad),
                _ => (moments, bad),
            }
        }
        Convert::LocalDate => local_dates(array, opts),
    }
}

fn cents(array: &ArrayRef, to: &ColumnType) -> (ArrayRef, Faults) {
    let Some(write) = text::writer(array.as_ref()) else {
        return nothing(array, "is no amount");
    };
    let (cents, bad) = primitive::<Decimal128Type>(array, |row| {
        let mut text = String::new();
        write(row, &mut text);
        decimal::cents(&text)
    });
    let cents: ArrayRef = Arc::new(cents.with_data_type(DataType::Decimal128(CENT_DIGITS, 0)));
    if *to != ColumnType::Any {
        return (cents, bad);
    }
    // A column without a type would take them for decimals.
    let (whole, more) = super::numbers::from_decimal(cents.as_primitive(), &ColumnType::Int8)
        .unwrap_or_else(|| nothing(array, "is no amount"));
    (whole, super::merge(bad, more))
}

/// The values as moments, by the rules of a column of them.
fn instants(array: &ArrayRef, opts: &Options) -> (ArrayRef, Faults) {
    match super::simple(array) {
        Ok((values, bad)) => {
            let converter = Converter { to: ColumnType::TimestampTz, opts: *opts, rule: None };
            let (moments, more) = converter.simple(&values);
            (moments, super::merge(bad, more))
        }
        Err(()) => nothing(array, "cannot be read"),
    }
}

fn local_dates(array: &ArrayRef, opts: &Options) -> (ArrayRef, Faults) {
    if let DataType::Date32 = array.data_type() {
        return (Arc::clone(array), Faults::new());
    }
    let (dates, bad) = if let Some(texts) = array.as_string_opt::<i32>() {
        primitive::<Date32Type>(texts, |row| match parse::date(texts.value(row)) {
            // A date that stands alone is that of the place already.
            Ok(day) => check_date(day, opts.dialect),
            Err(_) => local_date(parse::instant(texts.value(row), opts)?, opts),
        })
    } else {
        let (moments, bad) = instants(array, opts);
        let Some(stamps) = moments.as_primitive_opt::<TimestampMicrosecondType>() else {
            return (moments, bad);
        };
        let (dates, more) = primitive::<Date32Type>(stamps, |row| local_date(stamps.value(row), opts));
        (dates, super::merge(bad, more))
    };
    (Arc::new(dates), bad)
}

/// The days since 1970 at a moment in the declared zone.
fn local_date(micros: i64, opts: &Options) -> Outcome<i32> {
    let out_of_range = || Fault::new(Kind::DatetimeOverflow, "is out of range for the column");
    let utc = DateTime::from_timestamp_micros(micros).ok_or_else(out_of_range)?.naive_utc();
    let zone = opts.time_zone.unwrap_or(chrono_tz::UTC);
    let offset = i64::from(zone.offset_from_utc_datetime(&utc).fix().local_minus_utc());
    let local = micros.checked_add(offset * 1_000_000).ok_or_else(out_of_range)?;
    check_date(local.div_euclid(MICROS_PER_DAY), opts.dialect)
}

/// The same count of microseconds as another type of timestamp.
fn retyped(moments: &ArrayRef, to: &ColumnType) -> ArrayRef {
    match moments.as_primitive_opt::<TimestampMicrosecondType>() {
        Some(stamps) => Arc::new(stamps.clone().with_data_type(to.arrow())),
        None => Arc::clone(moments),
    }
}

fn nothing(array: &ArrayRef, reason: &'static str) -> (ArrayRef, Faults) {
    let rows = (0..array.len()).filter(|row| !array.is_null(*row));
    let bad = rows.map(|row| (row, Fault::new(Kind::DatatypeMismatch, reason))).collect();
    (arrow::array::new_null_array(&DataType::Null, array.len()), bad)
}

#[cfg(test)]
mod tests {
    use arrow::array::{Float64Array, Int64Array, StringArray, TimestampMicrosecondArray};

    use super::*;
    use crate::convert::Converted;
    use crate::session::Dialect;

    fn convert(rule: Convert, array: impl Array + 'static, to: &ColumnType) -> Converted {
        let time_zone = Some(chrono_tz::America::New_York);
        let options = Options { time_zone, dialect: Dialect::Sqlite };
        let array: ArrayRef = Arc::new(array);
        Converter::with(Some(rule), array.data_type(), to, &options).unwrap().convert(&array)
    }

    /// Each value as text, or why there is none.
    fn shown(converted: &Converted) -> Vec<String> {
        let write = text::writer(converted.array.as_ref()).unwrap();
        let one = |row: usize| match converted.bad.iter().find(|bad| bad.row == row) {
            Some(bad) => bad.reason.clone(),
            None if converted.array.is_null(row) => "~".to_owned(),
            None => {
                let mut text = String::new();
                write(row, &mut text);
                text
            }
        };
        (0..converted.array.len()).map(one).collect()
    }

    #[test]
    fn no_cent_is_lost() {
        let digits = "has more than 2 decimal digits";
        let floats = Float64Array::from(vec![12.1, -0.07, 0.1 + 0.2, 1e15, 1e300, f64::NAN, 1.005]);
        assert_eq!(
            shown(&convert(Convert::Cents, floats, &ColumnType::Int8)),
            [
                "1210",
                "-7",
                digits,
                "100000000000000000",
                "has too many digits for the column",
                "is not a finite number",
                digits
            ]
        );
        let texts = StringArray::from(vec![
            Some("12.10"),
            Some("-.5"),
            Some("1e2"),
            Some("1.230"),
            Some("1e-3"),
            Some("1,5"),
            None,
        ]);
        assert_eq!(
            shown(&convert(Convert::Cents, texts, &ColumnType::Int4)),
            ["1210", "-50", "10000", "123", digits, "is not a number", "~"]
        );
        let whole = Int64Array::from(vec![5, i64::MAX]);
        assert_eq!(
            shown(&convert(Convert::Cents, whole, &ColumnType::Any)),
            ["500", "is out of range for the column"]
        );
    }

    #[test]
    fn moments_are_told_in_utc_and_as_the_date_of_the_place() {
        let texts = || {
            StringArray::from(vec![
                "2024-03-10T03:30:00-04:00",
                "2024-03-09T23:30:00",
                "2024-03-10T02:30:00",
                "2024-03-10T02:30:00Z",
                "2024-03-10",
            ])
        };
        let gap = "does not exist in the declared time zone";
        assert_eq!(
            shown(&convert(Convert::Utc, texts(), &ColumnType::Timestamp)),
            [
                "2024-03-10 07:30:00.000",
                "2024-03-10 04:30:00.000",
                gap,
                "2024-03-10 02:30:00.000",
                "2024-03-10 05:00:00.000"
            ]
        );
        assert_eq!(
            shown(&convert(Convert::LocalDate, texts(), &ColumnType::Date)),
            ["2024-03-10", "2024-03-09", gap, "2024-03-09", "2024-03-10"]
        );
        let naive = TimestampMicrosecondArray::from(vec![Some(0), None]);
        assert_eq!(shown(&convert(Convert::LocalDate, naive, &ColumnType::Date)), ["1970-01-01", "~"]);
        let instants = TimestampMicrosecondArray::from(vec![0]).with_timezone("UTC");
        assert_eq!(
            shown(&convert(Convert::LocalDate, instants, &ColumnType::Text { max_chars: None })),
            ["1969-12-31"]
        );
    }
}
