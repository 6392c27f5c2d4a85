//! Text to values. Spaces around a value do not count.

use chrono::{NaiveTime, Timelike};

use super::Options;
use super::build::{Fault, Outcome};
use super::moments::{MICROS_PER_DAY, to_instant};
use crate::error::Kind;

fn bad(reason: &'static str) -> Fault {
    Fault::new(Kind::InvalidText, reason)
}

/// `true`, `false` and what PostgreSQL takes for them, in any case.
pub(super) fn boolean(text: &str) -> Outcome<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "t" | "yes" | "y" | "on" | "1" => Ok(true),
        "false" | "f" | "no" | "n" | "off" | "0" => Ok(false),
        _ => Err(bad("is not a boolean")),
    }
}

/// A whole number; one beyond 128 bits is out of range like any other that does not fit.
pub(super) fn integer(text: &str) -> Outcome<i128> {
    let text = text.trim();
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(bad("is not an integer"));
    }
    text.parse().map_err(|_| Fault::new(Kind::OutOfRange, "is out of range for the column"))
}

/// A number, or `NaN`, `Infinity`, `-Infinity`, `inf`.
pub(super) fn float(text: &str) -> Outcome<f64> {
    let text = text.trim();
    let value: f64 = text.parse().map_err(|_| bad("is not a number"))?;
    if value.is_infinite() && !text.to_ascii_lowercase().contains("inf") {
        return Err(Fault::new(Kind::OutOfRange, "is out of range for the column"));
    }
    Ok(value)
}

/// `2013-01-31`, as days since 1970.
pub(super) fn date(text: &str) -> Outcome<i64> {
    let (day, rest) = leading_date(text.trim())?;
    if rest.is_empty() { Ok(day) } else { Err(bad("is not a date")) }
}

/// Splits off a leading date `Y-M-D`, with a sign or more than four digits of year allowed. Year 0 is
/// refused, as PostgreSQL does: it stands for "no date" more often than for 1 BC.
fn leading_date(text: &str) -> Outcome<(i64, &str)> {
    let wrong = || bad("is not a date");
    let (negative, body) = match text.strip_prefix('-') {
        Some(body) => (true, body),
        None => (false, text),
    };
    let (year, rest) = body.split_once('-').ok_or_else(wrong)?;
    let (month, rest) = rest.split_once('-').ok_or_else(wrong)?;
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (day, rest) = rest.split_at_checked(end).ok_or_else(wrong)?;
    let plain = |part: &str, lengths: std::ops::RangeInclusive<usize>| {
        lengths.contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    if !plain(year, 4..=6) || !plain(month, 1..=2) || !plain(day, 1..=2) {
        return Err(wrong());
    }
    let number = |part: &str| part.parse::<i64>().map_err(|_| wrong());
    let year = if negative { -number(year)? } else { number(year)? };
    match days(year, number(month)?, number(day)?) {
        Some(days) if year != 0 => Ok((days, rest)),
        _ => Err(Fault::new(Kind::DatetimeOverflow, "is not a day of the calendar")),
    }
}

/// Days since 1970 of a day of the proleptic Gregorian calendar; year 0 is 1 BC.
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let length = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=length).contains(&day) {
        return None;
    }
    // Years begin in March, so that the leap day is their last.
    let year = if month <= 2 { year - 1 } else { year };
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(year.div_euclid(400) * 146_097 + day_of_era - 719_468)
}

/// `05:00`, `05:00:00` or `05:00:00.123456`, as microseconds since midnight.
pub(super) fn time(text: &str) -> Outcome<i64> {
    clock(text.trim()).ok_or_else(|| bad("is not a time of day"))
}

fn clock(text: &str) -> Option<i64> {
    let has_shape = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.'));
    if !has_shape || text.get(2..3) != Some(":") {
        return None;
    }
    if matches!(text, "24:00" | "24:00:00") {
        return Some(MICROS_PER_DAY);
    }
    let form = if text.matches(':').count() == 1 { "%H:%M" } else { "%H:%M:%S%.f" };
    let time = NaiveTime::parse_from_str(text, form).ok()?;
    let micros = i64::from(time.nanosecond().min(999_999_999) / 1000);
    Some(i64::from(time.num_seconds_from_midnight()) * 1_000_000 + micros)
}

/// A date, and a time of day after `T` or a space, and a zone (`Z`, `+02`, `+02:00`, `+0200`).
struct Moment {
    micros: i64,
    offset: Option<i64>,
}

fn moment(text: &str) -> Outcome<Moment> {
    let wrong = || bad("is not a timestamp");
    let (day, rest) = leading_date(text.trim()).map_err(|fault| match fault.kind {
        Kind::InvalidText => wrong(),
        _ => fault,
    })?;
    let beyond = || Fault::new(Kind::DatetimeOverflow, "is out of range for the column");
    let midnight = day.checked_mul(MICROS_PER_DAY).ok_or_else(beyond)?;
    if rest.is_empty() {
        return Ok(Moment { micros: midnight, offset: None });
    }
    let rest = rest.strip_prefix(['T', 't', ' ']).ok_or_else(wrong)?;
    let end = rest.find(|c: char| !(c.is_ascii_digit() || matches!(c, ':' | '.'))).unwrap_or(rest.len());
    let (time, zone) = rest.split_at_checked(end).ok_or_else(wrong)?;
    let clock = clock(time).ok_or_else(wrong)?;
    let micros = midnight.checked_add(clock).ok_or_else(beyond)?;
    Ok(Moment { micros, offset: offset(zone.trim()).ok_or_else(wrong)? })
}

/// The offset in microseconds; Some(None) where there is no zone, None where it is malformed.
fn offset(zone: &str) -> Option<Option<i64>> {
    match zone {
        "" => return Some(None),
        "Z" | "z" | "UTC" => return Some(Some(0)),
        _ => {}
    }
    let (sign, digits) = match zone.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let (hours, minutes) = match digits.split_once(':') {
        Some(parts) => parts,
        None if digits.len() == 4 => digits.split_at_checked(2)?,
        None => (digits, "00"),
    };
    let two = |part: &str| -> Option<i64> {
        (part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| part.parse().ok())
            .flatten()
    };
    let (hours, minutes) = (two(hours)?, two(minutes)?);
    if hours > 15 || minutes > 59 {
        return None;
    }
    Some(Some(sign * (hours * 60 + minutes) * 60_000_000))
}

/// A timestamp without zone; one with a zone counts in UTC.
pub(super) fn timestamp(text: &str) -> Outcome<i64> {
    let moment = moment(text)?;
    in_utc(&moment)
}

/// An instant; a text without zone is in the declared one.
pub(super) fn instant(text: &str, opts: &Options) -> Outcome<i64> {
    let moment = moment(text)?;
    match moment.offset {
        Some(_) => in_utc(&moment),
        None => to_instant(moment.micros, opts.time_zone),
    }
}

fn in_utc(moment: &Moment) -> Outcome<i64> {
    let shifted = moment.micros.checked_sub(moment.offset.unwrap_or(0));
    shifted.ok_or(Fault::new(Kind::DatetimeOverflow, "is out of range for the column"))
}

/// 32 hexadecimal digits, with hyphens between groups of four, in braces or not; or after `\x`, as
/// bytes are spelled.
pub(super) fn uuid(text: &str) -> Outcome<[u8; 16]> {
    let text = text.trim();
    let braced = text.strip_prefix('{').and_then(|t| t.strip_suffix('}'));
    let inner = braced.or(text.strip_prefix("\\x")).unwrap_or(text);
    let mut bytes = [0_u8; 16];
    let mut digits = 0_usize;
    for c in inner.chars() {
        if c == '-' && digits > 0 && digits < 32 && digits.is_multiple_of(4) {
            continue;
        }
        let value = c.to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        match (value, bytes.get_mut(digits / 2)) {
            (Some(value), Some(byte)) => *byte = *byte << 4 | value,
            _ => return Err(bad("is not a UUID")),
        }
        digits += 1;
    }
    if digits == 32 { Ok(bytes) } else { Err(bad("is not a UUID")) }
}

/// Hexadecimal after `\x`.
pub(super) fn bytes(text: &str) -> Outcome<Vec<u8>> {
    let wrong = || bad("is not hexadecimal after \\x");
    let digits = text.trim().strip_prefix("\\x").ok_or_else(wrong)?.as_bytes();
    let (pairs, []) = digits.as_chunks::<2>() else {
        return Err(wrong());
    };
    let half = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    pairs
        .iter()
        .map(|[high, low]| Some(half(*high)? << 4 | half(*low)?))
        .collect::<Option<_>>()
        .ok_or_else(wrong)
}
