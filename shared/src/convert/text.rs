//! The text of values: one fixed form, the same in both databases.
//!
//! | type | text |
//! |---|---|
//! | boolean | `true`, `false` |
//! | float | the shortest that reads back: `1.0`, `1.5`, `1e300`, `NaN`, `Infinity`, `-Infinity` |
//! | decimal | plain: `-0.50` |
//! | date | `2013-01-31`, before year 1 `0044-03-15 BC` |
//! | time | `05:00:00`, then `.123` or `.123456` where not zero |
//! | timestamp | `2013-01-31 05:00:00.000`, 6 digits where microseconds are not zero |
//! | instant | the same in UTC, with `Z` |
//! | bytes | `\x` and lower-case hexadecimal |
//! | interval | ISO 8601: `P1M2DT3.004S`, `PT0S` |

use std::fmt::Write;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Decimal256Type, Float32Type, Float64Type, Int16Type, Int32Type,
    Int64Type, IntervalMonthDayNano, IntervalMonthDayNanoType, IntervalUnit, Time64MicrosecondType, TimeUnit,
    TimestampMicrosecondType, UInt64Type,
};

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// The proleptic Gregorian date of a day, as (year, month, day); year 0 is 1 BC.
pub(super) fn civil(days: i64) -> (i64, u32, u32) {
    let shifted = days.saturating_add(719_468);
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = u32::try_from(day_of_year - (153 * shifted_month + 2) / 5 + 1).unwrap_or(1);
    let month =
        u32::try_from(if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 }).unwrap_or(1);
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// Appends two digits.
fn two(value: i64, out: &mut String) {
    for digit in [value / 10 % 10, value % 10] {
        out.push(u32::try_from(digit).ok().and_then(|d| char::from_digit(d, 10)).unwrap_or('0'));
    }
}

/// Appends year, month and day; returns whether the year is before year 1.
fn push_day(days: i64, out: &mut String) -> bool {
    let (year, month, day) = civil(days);
    let (shown, before) = if year > 0 { (year, false) } else { (1 - year, true) };
    if shown < 10_000 {
        two(shown / 100, out);
        two(shown % 100, out);
    } else {
        let _ = write!(out, "{shown}"); // a String takes every write
    }
    out.push('-');
    two(i64::from(month), out);
    out.push('-');
    two(i64::from(day), out);
    before
}

fn push_clock(micros: i64, out: &mut String) {
    let seconds = micros / 1_000_000;
    two(seconds / 3600, out);
    out.push(':');
    two(seconds / 60 % 60, out);
    out.push(':');
    two(seconds % 60, out);
}

fn push_fraction(micros: i64, out: &mut String) {
    let fraction = micros % 1_000_000;
    let _ = if fraction % 1000 == 0 {
        write!(out, ".{:03}", fraction / 1000)
    } else {
        write!(out, ".{fraction:06}")
    };
}

/// Appends `2013-01-31`, from days since 1970.
pub fn date(days: i32, out: &mut String) {
    if push_day(i64::from(days), out) {
        out.push_str(" BC");
    }
}

/// Appends `05:00:00`, with `.123` or `.123456` where not zero, from microseconds since midnight.
pub fn time(micros: i64, out: &mut String) {
    push_clock(micros, out);
    if micros % 1_000_000 != 0 {
        push_fraction(micros, out);
    }
}

/// Appends `2013-01-31 05:00:00.000` (6 digits where microseconds are not zero), from
/// microseconds since 1970.
pub fn timestamp(micros: i64, out: &mut String) {
    push_moment(micros, "", out);
}

/// Appends as [`timestamp`], with `Z` at the end.
pub fn timestamp_tz(micros: i64, out: &mut String) {
    push_moment(micros, "Z", out);
}

fn push_moment(micros: i64, zone: &str, out: &mut String) {
    let before = push_day(micros.div_euclid(MICROS_PER_DAY), out);
    let clock = micros.rem_euclid(MICROS_PER_DAY);
    out.push(' ');
    push_clock(clock, out);
    push_fraction(clock, out);
    out.push_str(zone);
    if before {
        out.push_str(" BC");
    }
}

/// Appends the plain decimal notation of `value` / 10^`scale`.
pub fn decimal128(value: i128, scale: i8, out: &mut String) {
    if value < 0 {
        out.push('-');
    }
    let digits = value.unsigned_abs();
    let Ok(scale) = u32::try_from(scale) else {
        let _ = write!(out, "{digits}");
        let zeros = if digits == 0 { 0 } else { usize::from(scale.unsigned_abs()) };
        out.extend(std::iter::repeat_n('0', zeros));
        return;
    };
    if scale == 0 {
        let _ = write!(out, "{digits}");
        return;
    }
    let width = usize::try_from(scale).unwrap_or(0);
    let _ = match 10_u128.checked_pow(scale) {
        Some(unit) => write!(out, "{}.{:0width$}", digits / unit, digits % unit),
        None => write!(out, "0.{digits:0width$}"),
    };
}

/// Appends `01234567-89ab-cdef-0123-456789abcdef`.
pub fn uuid(bytes: &[u8; 16], out: &mut String) {
    for (place, byte) in bytes.iter().enumerate() {
        if matches!(place, 4 | 6 | 8 | 10) {
            out.push('-');
        }
        hex(*byte, out);
    }
}

/// Appends lower-case hexadecimal after `\x`.
pub fn bytes(bytes: &[u8], out: &mut String) {
    out.reserve(bytes.len().saturating_mul(2).saturating_add(2));
    out.push_str("\\x");
    for byte in bytes {
        hex(*byte, out);
    }
}

/// The text whose bytes in UTF-8 are written as [`bytes`] does; None where it is not.
pub fn text_in_bytes(written: &str) -> Option<String> {
    String::from_utf8(super::parse::bytes(written).ok()?).ok()
}

fn hex(byte: u8, out: &mut String) {
    for half in [byte >> 4, byte & 15] {
        out.push(char::from_digit(u32::from(half), 16).unwrap_or('0'));
    }
}

/// Appends the shortest text that reads back as the same number; `NaN`, `Infinity`, `-Infinity`.
pub fn float8(value: f64, out: &mut String) {
    let _ = match value {
        value if value.is_infinite() => write!(out, "{}", if value > 0.0 { "Infinity" } else { "-Infinity" }),
        value => write!(out, "{value:?}"),
    };
}

/// Appends as [`float8`].
pub fn float4(value: f32, out: &mut String) {
    let _ = match value {
        value if value.is_infinite() => write!(out, "{}", if value > 0.0 { "Infinity" } else { "-Infinity" }),
        value => write!(out, "{value:?}"),
    };
}

/// Appends an ISO 8601 duration: `P1M2DT3.004S`; each part has its own sign.
pub fn interval(value: IntervalMonthDayNano, out: &mut String) {
    out.push('P');
    for (count, unit) in [(value.months / 12, 'Y'), (value.months % 12, 'M'), (value.days, 'D')] {
        if count != 0 {
            let _ = write!(out, "{count}{unit}");
        }
    }
    if value.nanoseconds == 0 {
        if out.ends_with('P') {
            out.push_str("T0S");
        }
        return;
    }
    out.push('T');
    let total = value.nanoseconds.unsigned_abs();
    let sign = if value.nanoseconds < 0 { "-" } else { "" };
    let (seconds, nanos) = (total / 1_000_000_000, total % 1_000_000_000);
    for (count, unit) in [(seconds / 3600, 'H'), (seconds / 60 % 60, 'M')] {
        if count != 0 {
            let _ = write!(out, "{sign}{count}{unit}");
        }
    }
    if seconds % 60 != 0 || nanos != 0 {
        let _ = write!(out, "{sign}{}", seconds % 60);
        if nanos != 0 {
            let digits = format!("{nanos:09}");
            let _ = write!(out, ".{}", digits.trim_end_matches('0'));
        }
        out.push('S');
    }
}

fn push(value: impl std::fmt::Display, out: &mut String) {
    let _ = write!(out, "{value}"); // a String takes every write
}

/// What appends the text of an array's rows. None for nested types.
pub(crate) type Writer<'a> = Box<dyn Fn(usize, &mut String) + 'a>;

/// The writer for an array of one of the types that [`super::simple`] yields.
pub(crate) fn writer(array: &dyn Array) -> Option<Writer<'_>> {
    use TimeUnit::Microsecond;
    Some(match array.data_type() {
        DataType::Boolean => {
            let values = array.as_boolean_opt()?;
            Box::new(|row, out| out.push_str(if values.value(row) { "true" } else { "false" }))
        }
        DataType::Int16 => {
            let values = array.as_primitive_opt::<Int16Type>()?;
            Box::new(|row, out| push(values.value(row), out))
        }
        DataType::Int32 => {
            let values = array.as_primitive_opt::<Int32Type>()?;
            Box::new(|row, out| push(values.value(row), out))
        }
        DataType::Int64 => {
            let values = array.as_primitive_opt::<Int64Type>()?;
            Box::new(|row, out| push(values.value(row), out))
        }
        DataType::UInt64 => {
            let values = array.as_primitive_opt::<UInt64Type>()?;
            Box::new(|row, out| push(values.value(row), out))
        }
        DataType::Float32 => {
            let values = array.as_primitive_opt::<Float32Type>()?;
            Box::new(|row, out| float4(values.value(row), out))
        }
        DataType::Float64 => {
            let values = array.as_primitive_opt::<Float64Type>()?;
            Box::new(|row, out| float8(values.value(row), out))
        }
        DataType::Decimal128(_, scale) => {
            let (values, scale) = (array.as_primitive_opt::<Decimal128Type>()?, *scale);
            Box::new(move |row, out| decimal128(values.value(row), scale, out))
        }
        DataType::Decimal256(..) => {
            let values = array.as_primitive_opt::<Decimal256Type>()?;
            Box::new(|row, out| out.push_str(&values.value_as_string(row)))
        }
        DataType::Utf8 => {
            let values = array.as_string_opt::<i32>()?;
            Box::new(|row, out| out.push_str(values.value(row)))
        }
        DataType::Binary => {
            let values = array.as_binary_opt::<i32>()?;
            Box::new(|row, out| bytes(values.value(row), out))
        }
        DataType::FixedSizeBinary(_) => {
            let values = array.as_fixed_size_binary_opt()?;
            Box::new(|row, out| match values.value(row).try_into() {
                Ok(sixteen) => uuid(sixteen, out),
                Err(_) => bytes(values.value(row), out),
            })
        }
        DataType::Date32 => {
            let values = array.as_primitive_opt::<Date32Type>()?;
            Box::new(|row, out| date(values.value(row), out))
        }
        DataType::Time64(Microsecond) => {
            let values = array.as_primitive_opt::<Time64MicrosecondType>()?;
            Box::new(|row, out| time(values.value(row), out))
        }
        DataType::Timestamp(Microsecond, zone) => {
            let values = array.as_primitive_opt::<TimestampMicrosecondType>()?;
            match zone {
                Some(_) => Box::new(|row, out| timestamp_tz(values.value(row), out)),
                None => Box::new(|row, out| timestamp(values.value(row), out)),
            }
        }
        DataType::Interval(IntervalUnit::MonthDayNano) => {
            let values = array.as_primitive_opt::<IntervalMonthDayNanoType>()?;
            Box::new(|row, out| interval(values.value(row), out))
        }
        _ => return None,
    })
}
