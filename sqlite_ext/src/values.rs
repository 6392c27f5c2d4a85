//! Values of a query as Arrow arrays: each must fit the type that its column is to have.

use std::borrow::Cow;
use std::sync::Arc;

use arrow::array::*;
use arrow::datatypes::DataType;
use chrono::{NaiveDate, NaiveTime};
use cutover_core::convert::text as spell;
use cutover_core::types::ColumnType;
use cutover_core::{Error, Kind, Result};

use crate::statement::Cell;

/// The longest single value that a batch takes, in bytes: two of them still fit Arrow's offsets.
const LONGEST: usize = 1 << 30;

/// An Arrow array in the making.
pub enum Slot {
    Bool(BooleanBuilder),
    Int2(Int16Builder),
    Int4(Int32Builder),
    Int8(Int64Builder),
    Float4(Float32Builder),
    Float8(Float64Builder),
    /// With precision and scale.
    Decimal(Decimal128Builder, u8, i8),
    /// A decimal without limits, in plain notation.
    Number(StringBuilder),
    Text(StringBuilder),
    /// The text of values of every kind, side by side.
    Any(StringBuilder),
    Bytes(BinaryBuilder),
    Date(Date32Builder),
    Time(Time64MicrosecondBuilder),
    Timestamp(TimestampMicrosecondBuilder),
    TimestampTz(TimestampMicrosecondBuilder),
    Uuid(FixedSizeBinaryBuilder),
}

impl Slot {
    /// An empty array for a column of type `ty`, with room for `rows`.
    pub fn new(ty: &ColumnType, rows: usize) -> Self {
        let rows = rows.min(8192);
        match ty {
            ColumnType::Bool => Slot::Bool(BooleanBuilder::with_capacity(rows)),
            ColumnType::Int2 => Slot::Int2(Int16Builder::with_capacity(rows)),
            ColumnType::Int4 => Slot::Int4(Int32Builder::with_capacity(rows)),
            ColumnType::Int8 => Slot::Int8(Int64Builder::with_capacity(rows)),
            ColumnType::Float4 => Slot::Float4(Float32Builder::with_capacity(rows)),
            ColumnType::Float8 => Slot::Float8(Float64Builder::with_capacity(rows)),
            ColumnType::Numeric { .. } => match ty.arrow() {
                DataType::Decimal128(precision, scale) => Slot::Decimal(
                    Decimal128Builder::with_capacity(rows).with_data_type(ty.arrow()),
                    precision,
                    scale,
                ),
                _ => Slot::Number(StringBuilder::new()),
            },
            ColumnType::Text { .. } | ColumnType::Json | ColumnType::Other => {
                Slot::Text(StringBuilder::new())
            }
            ColumnType::Any => Slot::Any(StringBuilder::new()),
            ColumnType::Bytes => Slot::Bytes(BinaryBuilder::new()),
            ColumnType::Date => Slot::Date(Date32Builder::with_capacity(rows)),
            ColumnType::Time => Slot::Time(Time64MicrosecondBuilder::with_capacity(rows)),
            ColumnType::Timestamp => Slot::Timestamp(TimestampMicrosecondBuilder::with_capacity(rows)),
            ColumnType::TimestampTz => {
                Slot::TimestampTz(TimestampMicrosecondBuilder::with_capacity(rows).with_data_type(ty.arrow()))
            }
            ColumnType::Uuid => Slot::Uuid(FixedSizeBinaryBuilder::with_capacity(rows, 16)),
        }
    }

    /// Appends a value; 42804 where it does not fit, 22021 for a text that is not UTF-8.
    pub fn push(&mut self, cell: Cell<'_>) -> Result<()> {
        if cell.len() > LONGEST {
            return Err(Error::new(Kind::LimitExceeded, "holds a value of more than 1 GiB"));
        }
        if cell == Cell::Null {
            self.push_null();
            return Ok(());
        }
        let what = match self {
            Slot::Bool(b) => put(boolean(cell), "a boolean", |v| b.append_value(v)),
            Slot::Int2(b) => put(integer(cell), "a 16-bit integer", |v| b.append_value(v)),
            Slot::Int4(b) => put(integer(cell), "a 32-bit integer", |v| b.append_value(v)),
            Slot::Int8(b) => put(integer(cell), "an integer", |v| b.append_value(v)),
            Slot::Float4(b) => put(float(cell), "a number", |v| b.append_value(v as f32)),
            Slot::Float8(b) => put(float(cell), "a number", |v| b.append_value(v)),
            Slot::Decimal(b, precision, scale) => {
                let value = number(cell)?.and_then(|text| decimal(&text, *precision, *scale));
                let what = put(value, "a decimal", |v| b.append_value(v));
                what.map(|_| format!("a decimal({precision},{scale})"))
            }
            Slot::Number(b) => put(number(cell)?, "a decimal", |v| b.append_value(v)),
            Slot::Text(b) => put(text(cell)?, "text", |v| b.append_value(v)),
            Slot::Any(b) => put(any(cell)?, "text", |v| b.append_value(v)),
            Slot::Bytes(b) => put(blob(cell), "a blob", |v| b.append_value(v)),
            Slot::Date(b) => put(str_of(cell)?.and_then(date), "a date", |v| b.append_value(v)),
            Slot::Time(b) => put(str_of(cell)?.and_then(time), "a time", |v| b.append_value(v)),
            Slot::Timestamp(b) => {
                // A `Z` says only what SQLite's clock functions mean anyway.
                let value = str_of(cell)?.and_then(instant).filter(|(_, offset)| *offset == 0);
                put(value, "a timestamp", |(micros, _)| b.append_value(micros))
            }
            Slot::TimestampTz(b) => {
                let value = str_of(cell)?.and_then(instant);
                put(value, "an instant", |(micros, offset)| b.append_value(micros - offset))
            }
            Slot::Uuid(b) => match uuid(cell).map(|bytes| b.append_value(bytes)) {
                Some(Ok(())) => None,
                _ => Some("a UUID".to_owned()),
            },
        };
        match what {
            None => Ok(()),
            Some(what) => {
                let text = format!("holds {}, which is not {what}", shown(cell));
                Err(Error::new(Kind::DatatypeMismatch, text))
            }
        }
    }

    fn push_null(&mut self) {
        match self {
            Slot::Bool(b) => b.append_null(),
            Slot::Int2(b) => b.append_null(),
            Slot::Int4(b) => b.append_null(),
            Slot::Int8(b) => b.append_null(),
            Slot::Float4(b) => b.append_null(),
            Slot::Float8(b) => b.append_null(),
            Slot::Decimal(b, ..) => b.append_null(),
            Slot::Number(b) | Slot::Text(b) | Slot::Any(b) => b.append_null(),
            Slot::Bytes(b) => b.append_null(),
            Slot::Date(b) => b.append_null(),
            Slot::Time(b) => b.append_null(),
            Slot::Timestamp(b) | Slot::TimestampTz(b) => b.append_null(),
            Slot::Uuid(b) => b.append_null(),
        }
    }

    /// The array; the slot is empty afterwards.
    pub fn finish(&mut self) -> ArrayRef {
        match self {
            Slot::Bool(b) => Arc::new(b.finish()),
            Slot::Int2(b) => Arc::new(b.finish()),
            Slot::Int4(b) => Arc::new(b.finish()),
            Slot::Int8(b) => Arc::new(b.finish()),
            Slot::Float4(b) => Arc::new(b.finish()),
            Slot::Float8(b) => Arc::new(b.finish()),
            Slot::Decimal(b, ..) => Arc::new(b.finish()),
            Slot::Number(b) | Slot::Text(b) | Slot::Any(b) => Arc::new(b.finish()),
            Slot::Bytes(b) => Arc::new(b.finish()),
            Slot::Date(b) => Arc::new(b.finish()),
            Slot::Time(b) => Arc::new(b.finish()),
            Slot::Timestamp(b) | Slot::TimestampTz(b) => Arc::new(b.finish()),
            Slot::Uuid(b) => Arc::new(b.finish()),
        }
    }
}

/// Appends a value that fits; otherwise says what it should have been.
fn put<T>(value: Option<T>, what: &str, append: impl FnOnce(T)) -> Option<String> {
    match value {
        Some(value) => {
            append(value);
            None
        }
        None => Some(what.to_owned()),
    }
}

/// The value for an error message, not too long.
fn shown(cell: Cell<'_>) -> String {
    match cell {
        Cell::Null => "NULL".to_owned(),
        Cell::Int(n) => n.to_string(),
        Cell::Real(x) => format!("{x:?}"),
        Cell::Text(text) => {
            let text = String::from_utf8_lossy(text);
            let start: String = text.chars().take(40).collect();
            format!("\"{start}{}\"", if start.len() < text.len() { "..." } else { "" })
        }
        Cell::Blob(bytes) => format!("a blob of {} bytes", bytes.len()),
    }
}

fn str_of(cell: Cell<'_>) -> Result<Option<&str>> {
    match cell {
        Cell::Text(bytes) => std::str::from_utf8(bytes)
            .map(Some)
            .map_err(|_| Error::new(Kind::BadCharacter, "holds a text that is not UTF-8")),
        _ => Ok(None),
    }
}

fn text(cell: Cell<'_>) -> Result<Option<Cow<'_, str>>> {
    Ok(match cell {
        Cell::Int(n) => Some(n.to_string().into()),
        Cell::Real(x) => Some(format!("{x:?}").into()),
        other => str_of(other)?.map(Into::into),
    })
}

/// A value of whatever kind, in the form from which a column of its kind is read again.
fn any(cell: Cell<'_>) -> Result<Option<Cow<'_, str>>> {
    let mut out = String::new();
    match cell {
        Cell::Real(x) => spell::float8(x, &mut out),
        Cell::Blob(bytes) => spell::bytes(bytes, &mut out),
        other => return text(other),
    }
    Ok(Some(out.into()))
}

fn boolean(cell: Cell<'_>) -> Option<bool> {
    match cell {
        Cell::Int(0) => Some(false),
        Cell::Int(1) => Some(true),
        Cell::Text(text) if text.eq_ignore_ascii_case(b"false") => Some(false),
        Cell::Text(text) if text.eq_ignore_ascii_case(b"true") => Some(true),
        _ => None,
    }
}

fn integer<T: TryFrom<i64>>(cell: Cell<'_>) -> Option<T> {
    match cell {
        Cell::Int(n) => T::try_from(n).ok(),
        _ => None,
    }
}

fn float(cell: Cell<'_>) -> Option<f64> {
    match cell {
        Cell::Int(n) => Some(n as f64),
        Cell::Real(x) => Some(x),
        _ => None,
    }
}

fn blob(cell: Cell<'_>) -> Option<&[u8]> {
    match cell {
        Cell::Blob(bytes) => Some(bytes),
        _ => None,
    }
}

/// A number in plain decimal notation; a REAL with the 15 digits that are certain.
fn number(cell: Cell<'_>) -> Result<Option<String>> {
    Ok(match cell {
        Cell::Int(n) => Some(n.to_string()),
        Cell::Real(x) if x.is_finite() => format!("{x:.14e}").parse::<f64>().ok().map(|x| x.to_string()),
        other => str_of(other)?.map(str::trim).filter(|text| is_plain(text)).map(str::to_owned),
    })
}

fn is_plain(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    !(whole.is_empty() && fraction.is_empty()) && all(whole) && all(fraction)
}

/// Plain decimal notation as an integer times 10^-scale; None where it needs more digits.
fn decimal(text: &str, precision: u8, scale: i8) -> Option<i128> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let fraction = fraction.trim_end_matches('0');
    let missing = u32::try_from(scale).ok()?.checked_sub(u32::try_from(fraction.len()).ok()?)?;
    let append = |n: i128, digit: u8| n.checked_mul(10)?.checked_add(i128::from(digit - b'0'));
    let value = whole.bytes().chain(fraction.bytes()).try_fold(0, append)?;
    let value = value.checked_mul(10i128.checked_pow(missing)?)?;
    let limit = 10i128.checked_pow(u32::from(precision))?;
    (value < limit).then_some(if negative { -value } else { value })
}

/// Days since 1970 of `2013-01-31`.
fn date(text: &str) -> Option<i32> {
    let (year, rest) = text.split_once('-')?;
    let (month, day) = rest.split_once('-')?;
    let (year, month, day) = (digits(year, 4..=6)?, digits(month, 2..=2)?, digits(day, 2..=2)?);
    let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
    i32::try_from(date.signed_duration_since(NaiveDate::default()).num_days()).ok()
}

/// Microseconds since midnight of `05:00`, `05:00:00` or `05:00:00.123456`.
fn time(text: &str) -> Option<i64> {
    let (hour, rest) = text.split_once(':')?;
    let (minute, rest) = rest.split_once(':').unwrap_or((rest, "00"));
    let (second, fraction) = rest.split_once('.').unwrap_or((rest, "0"));
    let (hour, minute, second) = (digits(hour, 2..=2)?, digits(minute, 2..=2)?, digits(second, 2..=2)?);
    NaiveTime::from_hms_opt(hour, minute, second)?;
    let (micros, finer) = fraction.split_at_checked(6).unwrap_or((fraction, ""));
    if !finer.bytes().all(|b| b == b'0') {
        return None;
    }
    let padding = u32::try_from(6 - micros.len()).ok()?;
    let micros = i64::from(digits(micros, 1..=6)?) * 10i64.pow(padding);
    Some(i64::from((hour * 60 + minute) * 60 + second) * 1_000_000 + micros)
}

/// Microseconds since 1970 as written, and the zone's offset in microseconds (0 where none is
/// given), of `2013-01-31`, `2013-01-31 05:00:00.000`, `2013-01-31T05:00Z`, `... +01:00`.
fn instant(text: &str) -> Option<(i64, i64)> {
    const DAY: i64 = 86_400_000_000;
    let Some((day, rest)) = text.split_once([' ', 'T']) else {
        return Some((i64::from(date(text)?).checked_mul(DAY)?, 0));
    };
    let (clock, offset) = match rest.find(['Z', '+', '-']) {
        Some(at) => (rest.get(..at)?.trim_end(), offset(rest.get(at..)?)?),
        None => (rest, 0),
    };
    Some((i64::from(date(day)?).checked_mul(DAY)?.checked_add(time(clock)?)?, offset))
}

/// Microseconds of `Z`, `+01`, `+0100` or `-01:00`.
fn offset(text: &str) -> Option<i64> {
    if text == "Z" {
        return Some(0);
    }
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let (hours, minutes) = text.get(1..)?.split_at_checked(2)?;
    let minutes = minutes.strip_prefix(':').unwrap_or(minutes);
    let minutes = if minutes.is_empty() { 0 } else { digits(minutes, 2..=2)? };
    let hours = digits(hours, 2..=2)?;
    (hours < 24 && minutes < 60).then(|| sign * i64::from(hours * 60 + minutes) * 60_000_000)
}

/// A number of so many digits.
fn digits(text: &str, count: std::ops::RangeInclusive<usize>) -> Option<u32> {
    let all = text.bytes().all(|b| b.is_ascii_digit());
    if all && count.contains(&text.len()) { text.parse().ok() } else { None }
}

/// 16 bytes, or 32 hexadecimal digits with or without the usual hyphens.
fn uuid(cell: Cell<'_>) -> Option<[u8; 16]> {
    match cell {
        Cell::Blob(bytes) => bytes.try_into().ok(),
        Cell::Text(text) => {
            let hyphens = text.len() == 36 && [8, 13, 18, 23].iter().all(|i| text.get(*i) == Some(&b'-'));
            if !hyphens && text.len() != 32 {
                return None;
            }
            let mut nibbles = text.iter().filter(|b| !hyphens || **b != b'-');
            let mut nibble = || char::from(*nibbles.next()?).to_digit(16);
            let mut bytes = [0; 16];
            for byte in &mut bytes {
                *byte = u8::try_from(nibble()? * 16 + nibble()?).ok()?;
            }
            nibble().is_none().then_some(bytes)
        }
        _ => None,
    }
}
