//! Decimal numbers: fitting them into a precision and a scale without losing a digit unseen.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Decimal128Array, PrimitiveArray};
use arrow::datatypes::{DataType, Decimal128Type};

use super::build::{Fault, Outcome, primitive, strings};
use super::text;
use crate::error::Kind;
use crate::types::ColumnType;

/// How many significant digits a binary float keeps.
const FLOAT_DIGITS: usize = 15;
/// The most digits a number may have before or after its point (PostgreSQL: 131072 and 16383).
const MAX_DIGITS: usize = 16_383;

/// What a numeric column takes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Target {
    limit: Option<(u16, i16)>,
    exact: bool,
}

impl Target {
    pub(super) fn of(to: &ColumnType) -> Option<Self> {
        match to {
            ColumnType::Numeric { limit, exact } => Some(Target { limit: *limit, exact: *exact }),
            _ => None,
        }
    }

    /// Precision and scale, where Decimal128 can hold them.
    fn decimal128(&self) -> Option<(u8, i8)> {
        match (ColumnType::Numeric { limit: self.limit, exact: self.exact }).arrow() {
            DataType::Decimal128(precision, scale) => Some((precision, scale)),
            _ => None,
        }
    }
}

fn too_large() -> Fault {
    Fault::new(Kind::OutOfRange, "has too many digits for the column")
}

fn lossy() -> Fault {
    Fault::new(Kind::OutOfRange, "would lose digits in the column")
}

/// Decimals of `scale` into a numeric column. `array` may hold values beyond its precision.
pub(super) fn from_decimal128(array: &Decimal128Array, target: Target) -> (ArrayRef, Vec<(usize, Fault)>) {
    let (precision, scale) = (array.precision(), array.scale());
    let (to_precision, to_scale) = match (target.limit, target.decimal128()) {
        (_, Some(limit)) => limit,
        (None, None) if scale >= 0 => (precision.max(1), scale),
        (None, None) => match u8::try_from(i16::from(precision) - i16::from(scale)) {
            Ok(wide) if wide <= 38 => (wide, 0),
            _ => return through_text(array, target),
        },
        (Some(_), None) => return through_text(array, target),
    };
    let bound = power(to_precision);
    let fits = |value: i128| value > -bound && value < bound;
    if target.exact && to_scale == scale && array.values().iter().all(|v| fits(*v)) {
        let same = array.clone().with_data_type(DataType::Decimal128(to_precision, to_scale));
        return (Arc::new(same), Vec::new());
    }
    let shift = i16::from(to_scale) - i16::from(scale);
    let unit = u8::try_from(shift.unsigned_abs()).ok().filter(|digits| *digits <= 38).map(power);
    let (array, bad) = primitive::<Decimal128Type>(array, |row| {
        let value = array.value(row);
        let scaled = match (unit, shift >= 0) {
            (Some(unit), true) => value.checked_mul(unit).ok_or_else(too_large)?,
            (None, true) if value != 0 => return Err(too_large()),
            (None, false) if value != 0 => return Err(lossy()),
            (None, _) => 0,
            (Some(unit), false) if value % unit == 0 => value / unit,
            (Some(_), false) => return Err(lossy()),
        };
        if !fits(scaled) {
            return Err(too_large());
        }
        let kept = target.exact || (to_scale == 0 && i64::try_from(scaled).is_ok());
        if !kept && significant(scaled) > FLOAT_DIGITS {
            return Err(lossy());
        }
        Ok(scaled)
    });
    (Arc::new(array.with_data_type(DataType::Decimal128(to_precision, to_scale))), bad)
}

fn through_text(array: &Decimal128Array, target: Target) -> (ArrayRef, Vec<(usize, Fault)>) {
    from_text(array, target, false, |row, out| text::decimal128(array.value(row), array.scale(), out))
}

/// Numbers that `write` gives as text into a numeric column. With `round` (floats) digits beyond
/// the column's scale are rounded half away from zero, as PostgreSQL does.
pub(super) fn from_text(
    array: &dyn Array,
    target: Target,
    round: bool,
    write: impl Fn(usize, &mut String),
) -> (ArrayRef, Vec<(usize, Fault)>) {
    let fit = |row| -> Outcome<Digits> {
        let mut text = String::new();
        write(row, &mut text);
        let mut digits = Digits::parse(&text)?;
        if let Some((precision, scale)) = target.limit {
            digits.rescale(i64::from(scale), round)?;
            if digits.digits.len() > usize::from(precision) {
                return Err(too_large());
            }
        }
        if round && target.limit.is_none() {
            digits.trim();
        }
        // A float is what such a column keeps anyway.
        if !target.exact && !round && digits.significant() > FLOAT_DIGITS && digits.to_i64().is_none() {
            return Err(lossy());
        }
        Ok(digits)
    };
    if let Some((precision, scale)) = target.decimal128() {
        let (array, bad) = primitive::<Decimal128Type>(array, |row| fit(row)?.to_i128());
        return (Arc::new(array.with_data_type(DataType::Decimal128(precision, scale))), bad);
    }
    let (array, bad) = strings(array, |row, out| {
        fit(row)?.push_plain(out);
        Ok(())
    });
    (Arc::new(array), bad)
}

/// 10^`digits` for at most 38 digits.
pub(super) fn power(digits: u8) -> i128 {
    10_i128.checked_pow(u32::from(digits)).unwrap_or(i128::MAX)
}

fn significant(value: i128) -> usize {
    let mut rest = value.unsigned_abs();
    while rest != 0 && rest.is_multiple_of(10) {
        rest /= 10;
    }
    rest.checked_ilog10().map_or(0, |digits| usize::try_from(digits).unwrap_or(0) + 1)
}

/// A decimal number of any size: `digits` / 10^`scale`, without leading zeros.
struct Digits {
    negative: bool,
    digits: Vec<u8>,
    scale: i64,
}

impl Digits {
    fn parse(text: &str) -> Outcome<Self> {
        let bad = || Fault::new(Kind::InvalidText, "is not a number");
        let text = text.trim();
        let (negative, body) = match text.as_bytes().first() {
            Some(b'-') => (true, text.get(1..).unwrap_or_default()),
            Some(b'+') => (false, text.get(1..).unwrap_or_default()),
            _ => (false, text),
        };
        if matches!(body.to_ascii_lowercase().as_str(), "nan" | "inf" | "infinity") {
            return Err(Fault::new(Kind::OutOfRange, "is not a finite number"));
        }
        let (mantissa, exponent) = match body.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => {
                let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
                if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
                    return Err(bad());
                }
                (mantissa, exponent.parse::<i32>().map_err(|_| too_large())?)
            }
            None => (body, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        if whole.is_empty() && fraction.is_empty() {
            return Err(bad());
        }
        let mut digits = Vec::with_capacity(whole.len().saturating_add(fraction.len()));
        for byte in whole.bytes().chain(fraction.bytes()) {
            match byte {
                b'0' if digits.is_empty() => {}
                b'0'..=b'9' => digits.push(byte),
                _ => return Err(bad()),
            }
        }
        let scale = i64::try_from(fraction.len()).unwrap_or(i64::MAX).saturating_sub(i64::from(exponent));
        let number = Digits { negative: negative && !digits.is_empty(), digits, scale };
        if number.digits.len() > MAX_DIGITS || scale.unsigned_abs() > MAX_DIGITS as u64 {
            return Err(too_large());
        }
        Ok(number)
    }

    fn rescale(&mut self, scale: i64, round: bool) -> Outcome<()> {
        let shift = scale.saturating_sub(self.scale);
        self.scale = scale;
        if self.digits.is_empty() {
            return Ok(());
        }
        let count = usize::try_from(shift.unsigned_abs()).unwrap_or(usize::MAX);
        if shift >= 0 {
            if count > MAX_DIGITS {
                return Err(too_large());
            }
            self.digits.resize(self.digits.len() + count, b'0');
            return Ok(());
        }
        let keep = self.digits.len().checked_sub(count);
        let dropped = self.digits.split_off(keep.unwrap_or(0));
        if dropped.iter().all(|digit| *digit == b'0') {
            return Ok(());
        }
        if !round {
            return Err(lossy());
        }
        if keep.is_some() && dropped.first() >= Some(&b'5') {
            self.increment();
        }
        Ok(())
    }

    /// Drops zeros at the end of the fraction.
    fn trim(&mut self) {
        while self.scale > 0 && self.digits.last().is_none_or(|digit| *digit == b'0') {
            self.digits.pop();
            self.scale -= 1;
        }
    }

    fn increment(&mut self) {
        for digit in self.digits.iter_mut().rev() {
            if *digit < b'9' {
                *digit += 1;
                return;
            }
            *digit = b'0';
        }
        self.digits.insert(0, b'1');
    }

    fn significant(&self) -> usize {
        let zeros = self.digits.iter().rev().take_while(|digit| **digit == b'0').count();
        self.digits.len() - zeros
    }

    fn to_i128(&self) -> Outcome<i128> {
        let mut value = 0_i128;
        for digit in &self.digits {
            value = value
                .checked_mul(10)
                .and_then(|v| v.checked_add(i128::from(digit - b'0')))
                .ok_or_else(too_large)?;
        }
        Ok(if self.negative { -value } else { value })
    }

    /// The number where it is written without a fraction and fits.
    fn to_i64(&self) -> Option<i64> {
        (self.scale == 0).then(|| self.to_i128().ok()).flatten().and_then(|value| i64::try_from(value).ok())
    }

    fn push_plain(&self, out: &mut String) {
        if self.negative && !self.digits.is_empty() {
            out.push('-');
        }
        let digits = self.digits.iter().map(|digit| char::from(*digit));
        let Some(scale) = usize::try_from(self.scale).ok().filter(|scale| *scale > 0) else {
            if self.digits.is_empty() {
                out.push('0');
                return;
            }
            out.extend(digits);
            out.extend(std::iter::repeat_n('0', usize::try_from(self.scale.unsigned_abs()).unwrap_or(0)));
            return;
        };
        let whole = self.digits.len().saturating_sub(scale);
        if whole == 0 {
            out.push('0');
        }
        out.extend(digits.clone().take(whole));
        out.push('.');
        out.extend(std::iter::repeat_n('0', scale.saturating_sub(self.digits.len())));
        out.extend(digits.skip(whole));
    }
}

/// A decimal as an integer of 128 bits, where it is whole.
pub(super) fn whole(value: i128, scale: i8) -> Option<i128> {
    match u8::try_from(scale) {
        Ok(digits) if digits <= 38 => (value % power(digits) == 0).then(|| value / power(digits)),
        Ok(_) => (value == 0).then_some(0),
        Err(_) => value.checked_mul(power(scale.unsigned_abs())),
    }
}

/// Parses whole decimal text into an integer of 128 bits.
pub(super) fn whole_text(text: &str) -> Outcome<i128> {
    let mut digits = Digits::parse(text)?;
    digits.rescale(0, false).map_err(|_| Fault::new(Kind::OutOfRange, "is not a whole number"))?;
    digits.to_i128()
}

/// Parses an amount into whole cents: no digit of it is lost.
pub(super) fn cents(text: &str) -> Outcome<i128> {
    let mut digits = Digits::parse(text)?;
    digits.rescale(2, false).map_err(|fault| match fault == lossy() {
        true => Fault::new(Kind::OutOfRange, "has more than 2 decimal digits"),
        false => fault,
    })?;
    digits.to_i128()
}

/// Keeps a decimal array's type with its values.
pub(super) fn typed(array: PrimitiveArray<Decimal128Type>, precision: u8, scale: i8) -> ArrayRef {
    Arc::new(array.with_data_type(DataType::Decimal128(precision, scale)))
}
