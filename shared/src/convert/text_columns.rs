//! Columns of text, bytes, UUIDs and JSON.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BinaryArray, FixedSizeBinaryArray, FixedSizeBinaryBuilder, PrimitiveArray, StringArray,
};
use arrow::datatypes::{
    ArrowPrimitiveType, Date32Type, Float32Type, Float64Type, Int16Type, Int32Type, Int64Type,
    Time64MicrosecondType, TimestampMicrosecondType,
};

use super::build::{Fault, Faults, Outcome, binaries, booleans, primitive, strings};
use super::decimal::{self, Target};
use super::moments::{check_date, check_time, check_timestamp};
use super::numbers::{to_f32, to_f64, to_int};
use super::{Options, json, parse};
use crate::error::Kind;
use crate::types::ColumnType;

/// Text into a column of any type.
pub(super) fn from_text(array: &StringArray, to: &ColumnType, opts: &Options) -> (ArrayRef, Faults) {
    let dialect = opts.dialect;
    match to {
        ColumnType::Bool => share(booleans(array, |row| parse::boolean(array.value(row)))),
        ColumnType::Int2 => parsed::<Int16Type>(array, |text| to_int(parse::integer(text)?)),
        ColumnType::Int4 => parsed::<Int32Type>(array, |text| to_int(parse::integer(text)?)),
        ColumnType::Int8 => parsed::<Int64Type>(array, |text| to_int(parse::integer(text)?)),
        ColumnType::Float4 => parsed::<Float32Type>(array, |text| to_f32(parse::float(text)?, dialect)),
        ColumnType::Float8 => parsed::<Float64Type>(array, |text| to_f64(parse::float(text)?, dialect)),
        ColumnType::Numeric { .. } => match Target::of(to) {
            Some(target) => {
                decimal::from_text(array, target, false, |row, out| out.push_str(array.value(row)))
            }
            None => (Arc::new(array.clone()), Faults::new()),
        },
        ColumnType::Date => parsed::<Date32Type>(array, |text| check_date(parse::date(text)?, dialect)),
        ColumnType::Time => parsed::<Time64MicrosecondType>(array, |text| check_time(parse::time(text)?)),
        ColumnType::Timestamp | ColumnType::TimestampTz => {
            let (stamps, bad) = primitive::<TimestampMicrosecondType>(array, |row| {
                let text = array.value(row);
                let micros = match to {
                    ColumnType::Timestamp => parse::timestamp(text)?,
                    _ => parse::instant(text, opts)?,
                };
                check_timestamp(micros, dialect)
            });
            (Arc::new(stamps.with_data_type(to.arrow())), bad)
        }
        ColumnType::Uuid => uuids(array, |row| parse::uuid(array.value(row))),
        ColumnType::Bytes => share(binaries(array, |row| parse::bytes(array.value(row)))),
        ColumnType::Json => checked(array, |text| {
            no_nul(text)?;
            json::check(text)
        }),
        ColumnType::Text { max_chars } => limited(array, *max_chars),
        ColumnType::Other | ColumnType::Any => limited(array, None),
    }
}

fn share<A: Array + 'static>((array, bad): (A, Faults)) -> (ArrayRef, Faults) {
    (Arc::new(array), bad)
}

fn parsed<T: ArrowPrimitiveType>(
    array: &StringArray,
    parse: impl Fn(&str) -> Outcome<T::Native>,
) -> (ArrayRef, Faults) {
    let (array, bad): (PrimitiveArray<T>, _) = primitive(array, |row| parse(array.value(row)));
    (Arc::new(array), bad)
}

fn no_nul(text: &str) -> Outcome<()> {
    if text.as_bytes().contains(&0) {
        return Err(Fault::new(Kind::BadCharacter, "holds a NUL character"));
    }
    Ok(())
}

/// Texts that all pass are kept as they are.
fn checked(array: &StringArray, check: impl Fn(&str) -> Outcome<()>) -> (ArrayRef, Faults) {
    let fails = |row| !array.is_null(row) && check(array.value(row)).is_err();
    if !(0..array.len()).any(fails) {
        return (Arc::new(array.clone()), Faults::new());
    }
    share(strings(array, |row, out| {
        check(array.value(row))?;
        out.push_str(array.value(row));
        Ok(())
    }))
}

/// Text without NUL and of at most `max_chars` characters.
pub(super) fn limited(array: &StringArray, max_chars: Option<u32>) -> (ArrayRef, Faults) {
    let most = max_chars.map_or(usize::MAX, |chars| usize::try_from(chars).unwrap_or(usize::MAX));
    let bytes = array.values().as_slice();
    let used = match (array.value_offsets().first(), array.value_offsets().last()) {
        (Some(first), Some(last)) => usize::try_from(*first).ok().zip(usize::try_from(*last).ok()),
        _ => None,
    };
    let clean = used.and_then(|(first, last)| bytes.get(first..last)).is_some_and(|used| !used.contains(&0));
    // A text has at most as many characters as bytes.
    let short = most == usize::MAX || array.offsets().lengths().all(|length| length <= most);
    if clean && short {
        return (Arc::new(array.clone()), Faults::new());
    }
    checked(array, |text| {
        no_nul(text)?;
        if text.len() > most && text.chars().count() > most {
            return Err(Fault::new(Kind::TooLong, "is too long for the column"));
        }
        Ok(())
    })
}

/// Bytes into a column of bytes, UUIDs, text or JSON.
pub(super) fn from_bytes(array: &BinaryArray, to: &ColumnType, opts: &Options) -> (ArrayRef, Faults) {
    match to {
        ColumnType::Bytes => (Arc::new(array.clone()), Faults::new()),
        ColumnType::Uuid => uuids(array, |row| {
            array
                .value(row)
                .try_into()
                .map_err(|_| Fault::new(Kind::InvalidText, "is not a UUID of 16 bytes"))
        }),
        _ => {
            let (text, mut bad) = as_text(array);
            let (array, more) = from_text(&text, to, opts);
            bad.extend(more);
            bad.sort_by_key(|(row, _)| *row);
            (array, bad)
        }
    }
}

fn as_text(array: &BinaryArray) -> (StringArray, Faults) {
    let (offsets, values, nulls) = array.clone().into_parts();
    if let Ok(text) = StringArray::try_new(offsets, values, nulls) {
        return (text, Faults::new());
    }
    strings(array, |row, out| {
        let text = std::str::from_utf8(array.value(row));
        out.push_str(text.map_err(|_| Fault::new(Kind::BadCharacter, "is not UTF-8"))?);
        Ok(())
    })
}

/// 16 bytes each into a column of bytes or UUIDs; other widths into bytes.
pub(super) fn from_fixed(
    array: &FixedSizeBinaryArray,
    to: &ColumnType,
    opts: &Options,
) -> (ArrayRef, Faults) {
    if *to == ColumnType::Uuid && array.value_length() == 16 {
        return (Arc::new(array.clone()), Faults::new());
    }
    let (bytes, _) = binaries(array, |row| Ok(array.value(row).to_vec()));
    from_bytes(&bytes, to, opts)
}

fn uuids(array: &dyn Array, value: impl Fn(usize) -> Outcome<[u8; 16]>) -> (ArrayRef, Faults) {
    let mut bad = Faults::new();
    let mut builder = FixedSizeBinaryBuilder::with_capacity(array.len(), 16);
    for row in 0..array.len() {
        let one = if array.is_null(row) { None } else { Some(value(row)) };
        match one {
            Some(Ok(bytes)) if builder.append_value(bytes).is_ok() => continue,
            Some(Err(fault)) => bad.push((row, fault)),
            _ => {}
        }
        builder.append_null();
    }
    (Arc::new(builder.finish()), bad)
}
