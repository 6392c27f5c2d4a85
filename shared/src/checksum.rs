//! A checksum of rows: the same for the same rows, in whatever order and whichever database.
//!
//! Every value is written as canonical text, a row is hashed with the lengths of its values, and the
//! hashes are added up: a sum, unlike XOR, also counts rows that are equal.

use std::fmt;

use arrow::array::Array;
use arrow::record_batch::RecordBatch;
use xxhash_rust::xxh3::xxh3_128;

use crate::convert::text;
use crate::error::{Error, Kind, Result};
use crate::types::ColumnType;

/// Stands in for the length of a NULL.
const NULL: u64 = u64::MAX;

/// The checksum of the rows seen so far, shown as 32 hexadecimal digits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Checksum {
    sum: u128,
    /// How many rows it is of.
    pub rows: i64,
}

impl Checksum {
    /// Adds the rows of a batch whose columns are of these types.
    /// Errors: XX000 for an array that no column type has.
    pub fn add(&mut self, batch: &RecordBatch, types: &[ColumnType]) -> Result<()> {
        let mut columns = Vec::with_capacity(types.len());
        for (array, ty) in batch.columns().iter().zip(types) {
            let writer = text::writer(array).ok_or_else(|| {
                Error::new(Kind::Internal, format!("no checksum of values of type {}", array.data_type()))
            })?;
            columns.push((array, ty, writer));
        }
        let (mut row_bytes, mut value) = (Vec::new(), String::new());
        for row in 0..batch.num_rows() {
            row_bytes.clear();
            for (array, ty, write) in &columns {
                if array.is_null(row) {
                    row_bytes.extend(NULL.to_le_bytes());
                    continue;
                }
                value.clear();
                write(row, &mut value);
                let canonical = canonical(ty, &value);
                row_bytes.extend(u64::try_from(canonical.len()).unwrap_or(NULL - 1).to_le_bytes());
                row_bytes.extend(canonical.as_bytes());
            }
            self.sum = self.sum.wrapping_add(xxh3_128(&row_bytes));
            self.rows += 1;
        }
        Ok(())
    }
}

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.sum)
    }
}

/// The one spelling of a value that can have several.
fn canonical<'a>(ty: &ColumnType, text: &'a str) -> std::borrow::Cow<'a, str> {
    match ty {
        ColumnType::Float4 | ColumnType::Float8 if text == "-0.0" => "0.0".into(),
        ColumnType::Numeric { .. } if text.bytes().all(|b| b.is_ascii_digit() || b"+-.".contains(&b)) => {
            let (sign, digits) = match text.strip_prefix('-') {
                Some(digits) => ("-", digits),
                None => ("", text.strip_prefix('+').unwrap_or(text)),
            };
            let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
            let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
            match (whole, fraction) {
                ("", "") => "0".into(),
                (whole, "") => format!("{sign}{whole}").into(),
                ("", fraction) => format!("{sign}0.{fraction}").into(),
                (whole, fraction) => format!("{sign}{whole}.{fraction}").into(),
            }
        }
        _ => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Decimal128Array, StringArray};

    use super::*;

    const TEXT: ColumnType = ColumnType::Text { max_chars: None };

    fn of_texts(rows: &[(Option<&str>, Option<&str>)]) -> Checksum {
        let left: ArrayRef = Arc::new(rows.iter().map(|r| r.0).collect::<StringArray>());
        let right: ArrayRef = Arc::new(rows.iter().map(|r| r.1).collect::<StringArray>());
        let batch = RecordBatch::try_from_iter([("a", left), ("b", right)]).unwrap();
        let mut sum = Checksum::default();
        sum.add(&batch, &[TEXT, TEXT]).unwrap();
        sum
    }

    #[test]
    fn order_does_not_matter_but_number_and_place_do() {
        let (a, b) = ((Some("x"), None), (Some("y"), Some("z")));
        assert_eq!(of_texts(&[a, b]), of_texts(&[b, a]));
        assert_ne!(of_texts(&[a]), of_texts(&[a, a]));
        assert_ne!(of_texts(&[]), of_texts(&[a, a]));
        assert_ne!(of_texts(&[a]), of_texts(&[(None, Some("x"))]));
        assert_ne!(of_texts(&[(Some(""), None)]), of_texts(&[(None, None)]));
        assert_ne!(of_texts(&[(Some("ab"), Some("c"))]), of_texts(&[(Some("a"), Some("bc"))]));
        assert_eq!(of_texts(&[]).to_string(), "0".repeat(32));
    }

    #[test]
    fn a_number_has_one_spelling() {
        let ty = ColumnType::Numeric { limit: None, exact: true };
        for (text, shown) in [
            ("1.50", "1.5"),
            ("-0.00", "0"),
            ("+007", "7"),
            (".5", "0.5"),
            ("-12.0", "-12"),
            ("100", "100"),
            ("NaN", "NaN"),
        ] {
            assert_eq!(canonical(&ty, text), shown);
        }
        assert_eq!(canonical(&TEXT, "1.50"), "1.50");
        let decimals: ArrayRef =
            Arc::new(Decimal128Array::from(vec![150]).with_precision_and_scale(9, 2).unwrap());
        let texts: ArrayRef = Arc::new(StringArray::from(vec!["1.5"]));
        let sums = [decimals, texts].map(|array| {
            let mut sum = Checksum::default();
            sum.add(&RecordBatch::try_from_iter([("a", array)]).unwrap(), std::slice::from_ref(&ty)).unwrap();
            sum
        });
        assert_eq!(sums[0], sums[1]);
    }
}
