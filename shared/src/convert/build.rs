//! Building a column value by value, with the rows that do not fit set aside.

use arrow::array::{
    Array, ArrowPrimitiveType, BinaryArray, BinaryBuilder, BooleanArray, BooleanBufferBuilder, BooleanBuilder,
};
use arrow::array::{PrimitiveArray, StringArray, StringBuilder};
use arrow::buffer::NullBuffer;

use crate::error::Kind;

/// Why one value does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) kind: Kind,
    pub(super) reason: &'static str,
}

impl Fault {
    pub(super) fn new(kind: Kind, reason: &'static str) -> Self {
        Fault { kind, reason }
    }
}

pub(super) type Outcome<T> = Result<T, Fault>;
/// Rows that do not fit, and why.
pub(super) type Faults = Vec<(usize, Fault)>;

/// The nulls of `array` and the rows of `bad`.
fn nulls(array: &dyn Array, bad: &Faults) -> Option<NullBuffer> {
    if bad.is_empty() {
        return array.nulls().cloned();
    }
    let mut valid = BooleanBufferBuilder::new(array.len());
    valid.append_n(array.len(), true);
    for (row, _) in bad {
        valid.set_bit(*row, false);
    }
    NullBuffer::union(array.nulls(), Some(&NullBuffer::new(valid.finish())))
}

/// One number per row of `array` that is not null.
pub(super) fn primitive<T: ArrowPrimitiveType>(
    array: &dyn Array,
    value: impl Fn(usize) -> Outcome<T::Native>,
) -> (PrimitiveArray<T>, Faults) {
    let mut bad = Faults::new();
    let mut values = Vec::with_capacity(array.len());
    for row in 0..array.len() {
        let one = if array.is_null(row) { Ok(T::Native::default()) } else { value(row) };
        values.push(one.unwrap_or_else(|fault| {
            bad.push((row, fault));
            T::Native::default()
        }));
    }
    let nulls = nulls(array, &bad);
    (PrimitiveArray::new(values.into(), nulls), bad)
}

/// One truth value per row of `array` that is not null.
pub(super) fn booleans(array: &dyn Array, value: impl Fn(usize) -> Outcome<bool>) -> (BooleanArray, Faults) {
    let mut bad = Faults::new();
    let mut values = BooleanBuilder::with_capacity(array.len());
    for row in 0..array.len() {
        if array.is_null(row) {
            values.append_null();
            continue;
        }
        values.append_option(value(row).map_err(|fault| bad.push((row, fault))).ok());
    }
    (values.finish(), bad)
}

/// One text per row of `array` that is not null, appended by `write`.
pub(super) fn strings(
    array: &dyn Array,
    write: impl Fn(usize, &mut String) -> Outcome<()>,
) -> (StringArray, Faults) {
    let mut bad = Faults::new();
    let mut values = StringBuilder::with_capacity(array.len(), array.len().saturating_mul(16));
    let mut text = String::new();
    for row in 0..array.len() {
        if array.is_null(row) {
            values.append_null();
            continue;
        }
        text.clear();
        match write(row, &mut text) {
            Ok(()) => values.append_value(&text),
            Err(fault) => {
                bad.push((row, fault));
                values.append_null();
            }
        }
    }
    (values.finish(), bad)
}

/// Some bytes per row of `array` that is not null.
pub(super) fn binaries(
    array: &dyn Array,
    value: impl Fn(usize) -> Outcome<Vec<u8>>,
) -> (BinaryArray, Faults) {
    let mut bad = Faults::new();
    let mut values = BinaryBuilder::new();
    for row in 0..array.len() {
        if array.is_null(row) {
            values.append_null();
            continue;
        }
        values.append_option(value(row).map_err(|fault| bad.push((row, fault))).ok());
    }
    (values.finish(), bad)
}
