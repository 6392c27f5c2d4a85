//! Values of a cursor: how they are read, compared, moved back by a lag and written.
//!
//! They are compared here and not by a database: at full precision, text byte by byte, and so alike
//! in both.

use std::cmp::Ordering;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringArray};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int16Type, Int32Type, Int64Type,
    TimeUnit, TimestampMicrosecondType,
};

use crate::convert::{Converter, Options, text};
use crate::plan::Scalar;
use crate::types::ColumnType;

const MICROS_PER_SECOND: i64 = 1_000_000;
const MICROS_PER_DAY: i64 = 86_400 * MICROS_PER_SECOND;

/// One value of a cursor's column. Values of one column are all of one kind.
#[derive(Debug, Clone, PartialEq)]
pub enum CursorValue {
    /// `unscaled` / 10^`scale`.
    Number {
        unscaled: i128,
        scale: u32,
    },
    Float(f64),
    /// Microseconds since 1970, with a zone or without.
    Instant(i64),
    /// Days since 1970.
    Date(i32),
    Text(String),
}

impl CursorValue {
    /// Whether a column of this type can be a cursor: its values have one order that both databases
    /// and the engine agree on.
    pub fn has(ty: &ColumnType) -> bool {
        use ColumnType as C;
        ty.is_number() || matches!(ty, C::Text { .. } | C::Date | C::Timestamp | C::TimestampTz)
    }

    /// The value in a row of an array that was converted for a column of type `ty`; None for NULL,
    /// and for a number that has no place in an order.
    pub fn at(array: &ArrayRef, ty: &ColumnType, row: usize) -> Option<CursorValue> {
        if array.is_null(row) {
            return None;
        }
        let whole = |n: i64| Some(CursorValue::Number { unscaled: i128::from(n), scale: 0 });
        let float = |x: f64| (!x.is_nan()).then_some(CursorValue::Float(x));
        match array.data_type() {
            DataType::Int16 => whole(array.as_primitive_opt::<Int16Type>()?.value(row).into()),
            DataType::Int32 => whole(array.as_primitive_opt::<Int32Type>()?.value(row).into()),
            DataType::Int64 => whole(array.as_primitive_opt::<Int64Type>()?.value(row)),
            DataType::Float32 => float(array.as_primitive_opt::<Float32Type>()?.value(row).into()),
            DataType::Float64 => float(array.as_primitive_opt::<Float64Type>()?.value(row)),
            DataType::Date32 => Some(CursorValue::Date(array.as_primitive_opt::<Date32Type>()?.value(row))),
            DataType::Timestamp(TimeUnit::Microsecond, _) => {
                Some(CursorValue::Instant(array.as_primitive_opt::<TimestampMicrosecondType>()?.value(row)))
            }
            DataType::Decimal128(_, scale) => Some(CursorValue::Number {
                unscaled: array.as_primitive_opt::<Decimal128Type>()?.value(row),
                scale: u32::try_from(*scale).ok()?,
            }),
            DataType::Utf8 => {
                let text = array.as_string_opt::<i32>()?.value(row);
                match ty {
                    ColumnType::Numeric { .. } => number(text),
                    _ => Some(CursorValue::Text(text.to_owned())),
                }
            }
            _ => None,
        }
    }

    /// Reads a text as a value of the column. Errors: why it is none, as a clause.
    pub fn parse(text: &str, ty: &ColumnType, options: &Options) -> Result<CursorValue, String> {
        let converter = Converter::new(&DataType::Utf8, ty, options).map_err(|e| e.message)?;
        let converted = converter.convert(&(Arc::new(StringArray::from(vec![text])) as ArrayRef));
        if let Some(bad) = converted.bad.first() {
            return Err(bad.reason.clone());
        }
        CursorValue::at(&converted.array, ty, 0).ok_or_else(|| "has no place in an order".to_owned())
    }

    /// The text that [`CursorValue::parse`] reads back as the same value.
    pub fn to_text(&self, ty: &ColumnType) -> String {
        let mut out = String::new();
        match self {
            CursorValue::Number { unscaled, scale } => {
                text::decimal128(*unscaled, i8::try_from(*scale).unwrap_or(0), &mut out);
            }
            CursorValue::Float(x) => text::float8(*x, &mut out),
            CursorValue::Instant(micros) if *ty == ColumnType::TimestampTz => {
                text::timestamp_tz(*micros, &mut out);
            }
            CursorValue::Instant(micros) => text::timestamp(*micros, &mut out),
            CursorValue::Date(days) => text::date(*days, &mut out),
            CursorValue::Text(text) => out.push_str(text),
        }
        out
    }

    /// This value less a lag; None where the lag does not fit its kind, or it would leave the range.
    pub fn before(&self, lag: &Lag) -> Option<CursorValue> {
        Some(match (self, lag) {
            (CursorValue::Number { unscaled, scale }, Lag::Number { unscaled: less, scale: fine }) => {
                let (a, b, scale) = aligned((*unscaled, *scale), (*less, *fine))?;
                CursorValue::Number { unscaled: a.checked_sub(b)?, scale }
            }
            (CursorValue::Float(x), Lag::Number { unscaled, scale }) => {
                CursorValue::Float(x - as_float(*unscaled, *scale))
            }
            (CursorValue::Instant(micros), Lag::Micros(lag)) => {
                CursorValue::Instant(micros.checked_sub(*lag)?)
            }
            (CursorValue::Date(days), Lag::Micros(lag)) if lag % MICROS_PER_DAY == 0 => {
                CursorValue::Date(days.checked_sub(i32::try_from(lag / MICROS_PER_DAY).ok()?)?)
            }
            _ => return None,
        })
    }
}

impl PartialOrd for CursorValue {
    fn partial_cmp(&self, other: &CursorValue) -> Option<Ordering> {
        use CursorValue as V;
        match (self, other) {
            (V::Number { unscaled: a, scale: x }, V::Number { unscaled: b, scale: y }) => {
                match aligned((*a, *x), (*b, *y)) {
                    Some((a, b, _)) => Some(a.cmp(&b)),
                    None => as_float(*a, *x).partial_cmp(&as_float(*b, *y)),
                }
            }
            (V::Float(a), V::Float(b)) => a.partial_cmp(b),
            (V::Instant(a), V::Instant(b)) => Some(a.cmp(b)),
            (V::Date(a), V::Date(b)) => Some(a.cmp(b)),
            (V::Text(a), V::Text(b)) => Some(a.cmp(b)),
            _ => None,
        }
    }
}

/// How far before the cursor's value reading starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lag {
    /// Of times: microseconds.
    Micros(i64),
    /// Of numbers: `unscaled` / 10^`scale`.
    Number { unscaled: i128, scale: u32 },
}

impl Lag {
    /// Reads `10 minutes`, `2 days` or a number, none of them negative; None for anything else.
    pub fn parse(value: &Scalar) -> Option<Lag> {
        let text = value.to_string();
        if let Some(micros) = age(&text) {
            return Some(Lag::Micros(micros));
        }
        match number(text.trim())? {
            CursorValue::Number { unscaled, scale } if unscaled >= 0 => Some(Lag::Number { unscaled, scale }),
            _ => None,
        }
    }

    /// Whether it can be taken from values of a column of this type.
    pub fn fits(&self, ty: &ColumnType) -> bool {
        match (self, ty) {
            (Lag::Micros(lag), ColumnType::Date) => lag % MICROS_PER_DAY == 0,
            (Lag::Micros(_), ty) => matches!(ty, ColumnType::Timestamp | ColumnType::TimestampTz),
            (Lag::Number { .. }, ty) => ty.is_number(),
        }
    }
}

/// Reads `12 hours` and the like as microseconds.
pub fn age(text: &str) -> Option<i64> {
    let (count, unit) = text.trim().split_once(' ')?;
    let seconds: i64 = match unit.trim() {
        "second" | "seconds" => 1,
        "minute" | "minutes" => 60,
        "hour" | "hours" => 3600,
        "day" | "days" => 86_400,
        "week" | "weeks" => 604_800,
        _ => return None,
    };
    let count: i64 = count.parse().ok().filter(|n| *n >= 0)?;
    count.checked_mul(seconds)?.checked_mul(MICROS_PER_SECOND)
}

/// The value of a column of times `age` microseconds before `now` (microseconds since 1970 UTC). A
/// time without zone is that of the clocks in `zone`, or of UTC. None where the type has no times.
pub fn ago(now: i64, age: i64, ty: &ColumnType, zone: Option<chrono_tz::Tz>) -> Option<CursorValue> {
    let then = now.checked_sub(age)?;
    let local = || {
        let utc = chrono::DateTime::from_timestamp_micros(then)?;
        Some(match zone {
            Some(zone) => utc.with_timezone(&zone).naive_local().and_utc().timestamp_micros(),
            None => then,
        })
    };
    match ty {
        ColumnType::TimestampTz => Some(CursorValue::Instant(then)),
        ColumnType::Timestamp => local().map(CursorValue::Instant),
        ColumnType::Date => i32::try_from(local()?.div_euclid(MICROS_PER_DAY)).ok().map(CursorValue::Date),
        _ => None,
    }
}

/// Plain decimal notation, within 38 digits.
fn number(text: &str) -> Option<CursorValue> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = whole.strip_prefix('-').unwrap_or(whole);
    let plain = digits.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit());
    if !plain || digits.is_empty() || fraction.len() > 38 {
        return None;
    }
    let unscaled = format!("{whole}{fraction}").parse().ok()?;
    Some(CursorValue::Number { unscaled, scale: u32::try_from(fraction.len()).ok()? })
}

/// Two numbers at the finer of their scales; None beyond 128 bits.
fn aligned((a, x): (i128, u32), (b, y): (i128, u32)) -> Option<(i128, i128, u32)> {
    let scale = x.max(y);
    let at = |n: i128, from: u32| n.checked_mul(10_i128.checked_pow(scale - from)?);
    Some((at(a, x)?, at(b, y)?, scale))
}

fn as_float(unscaled: i128, scale: u32) -> f64 {
    unscaled as f64 / 10_f64.powi(i32::try_from(scale).unwrap_or(i32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::Dialect;

    const OPTIONS: Options = Options { time_zone: None, dialect: Dialect::Postgres };
    const NUMERIC: ColumnType = ColumnType::Numeric { limit: None, exact: true };

    fn value(text: &str, ty: &ColumnType) -> CursorValue {
        CursorValue::parse(text, ty, &OPTIONS).unwrap()
    }

    fn less(text: &str, lag: &str, ty: &ColumnType) -> Option<String> {
        let lag = Lag::parse(&Scalar::Text(lag.to_owned())).unwrap();
        value(text, ty).before(&lag).map(|v| v.to_text(ty))
    }

    #[test]
    fn a_lag_is_taken_at_full_precision() {
        let tz = &ColumnType::TimestampTz;
        assert_eq!(
            less("2024-01-01 00:05:00.000001Z", "10 minutes", tz).unwrap(),
            "2023-12-31 23:55:00.000001Z"
        );
        assert_eq!(less("2024-03-01", "1 day", &ColumnType::Date).unwrap(), "2024-02-29");
        assert_eq!(less("10", "2.5", &NUMERIC).unwrap(), "7.5");
        assert_eq!(less("10", "3", &ColumnType::Int8).unwrap(), "7");
    }

    #[test]
    fn a_lag_must_fit_the_type() {
        assert_eq!(less("2024-03-01", "12 hours", &ColumnType::Date), None);
        assert_eq!(less("2024-03-01", "3", &ColumnType::Timestamp), None);
        assert_eq!(less("abc", "3", &ColumnType::Text { max_chars: None }), None);
        assert!(!Lag::Micros(MICROS_PER_DAY).fits(&ColumnType::Int4));
        for text in ["-3", "ten", "10 parsecs", "-1 days", "99999999999999 weeks"] {
            assert_eq!(Lag::parse(&Scalar::Text(text.to_owned())), None, "{text}");
        }
    }

    #[test]
    fn values_have_one_order() {
        assert!(
            value("2024-01-01 00:00:00.123456", &ColumnType::Timestamp)
                > value("2024-01-01 00:00:00.123", &ColumnType::Timestamp)
        );
        assert!(value("10", &NUMERIC) > value("9.99", &NUMERIC));
        assert!(
            value("b", &ColumnType::Text { max_chars: None })
                > value("B", &ColumnType::Text { max_chars: None })
        );
        assert_eq!(value("1.50", &NUMERIC).partial_cmp(&value("1.5", &NUMERIC)), Some(Ordering::Equal));
    }

    #[test]
    fn an_age_becomes_a_time_of_the_columns_kind() {
        let noon = 1_704_110_400_000_000; // 2024-01-01 12:00:00 UTC
        let day = age("1 day").unwrap();
        let text = |ty: &ColumnType, zone| ago(noon, day, ty, zone).map(|v| v.to_text(ty));
        assert_eq!(text(&ColumnType::TimestampTz, None).unwrap(), "2023-12-31 12:00:00.000Z");
        assert_eq!(text(&ColumnType::Date, None).unwrap(), "2023-12-31");
        let berlin = Some(chrono_tz::Europe::Berlin);
        assert_eq!(text(&ColumnType::Timestamp, berlin).unwrap(), "2023-12-31 13:00:00.000");
        assert_eq!(text(&ColumnType::Int8, None), None);
    }
}
