//! Single values as they came, for messages and for what is kept of a refused row.

use arrow::array::{Array, ArrayRef};
use arrow::datatypes::DataType;

use super::{json, simple, text};

/// How many characters of a value are shown.
const SHOWN: usize = 60;

/// One value as text, cut at 60 characters.
pub(super) fn shown(array: &ArrayRef, row: usize) -> String {
    let out = whole(array, row).0;
    match out.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", out.get(..end).unwrap_or_default()),
        None => out,
    }
}

/// One value as text, and its type among those of [`simple`].
fn whole(array: &ArrayRef, row: usize) -> (String, DataType) {
    let mut out = String::new();
    match simple(&array.slice(row, 1)) {
        Ok((one, bad)) if bad.is_empty() => {
            match (text::writer(&one), json::from_nested(&one)) {
                (Some(write), _) => write(0, &mut out),
                (None, Ok((json, _))) if !json.is_null(0) => out.push_str(json.value(0)),
                _ => {}
            }
            (out, one.data_type().clone())
        }
        _ => ("(beyond the range of time)".to_owned(), DataType::Utf8),
    }
}

/// One value as JSON, for what is kept of values that fit no column: numbers and truth values as
/// they are, the rest as text. Bytes, and text with a NUL, which no database takes in JSON, become
/// `{"bytes": "\\x6100"}`.
pub fn json_of(array: &ArrayRef, row: usize) -> String {
    let (text, ty) = whole(array, row);
    // NaN and Infinity are no numbers in JSON.
    if (ty.is_numeric() && !text.ends_with(['N', 'y'])) || ty == DataType::Boolean {
        return text;
    }
    let bytes = match ty {
        DataType::Binary | DataType::FixedSizeBinary(_) if text.starts_with("\\x") => Some(text.clone()),
        _ if text.contains('\0') => {
            let mut hex = String::new();
            text::bytes(text.as_bytes(), &mut hex);
            Some(hex)
        }
        _ => None,
    };
    bytes.map_or_else(
        || serde_json::Value::from(text.as_str()).to_string(),
        |hex| serde_json::json!({ "bytes": hex }).to_string(),
    )
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{BinaryArray, BooleanArray, Decimal128Array, Float64Array, Int64Array, StringArray};

    use super::*;

    #[test]
    fn values_are_kept_as_json() {
        let decimal = Decimal128Array::from(vec![-1050]).with_precision_and_scale(10, 2).unwrap();
        let cases: [(ArrayRef, &str); 7] = [
            (Arc::new(Int64Array::from(vec![99_999])), "99999"),
            (Arc::new(decimal), "-10.50"),
            (Arc::new(Float64Array::from(vec![1e300])), "1e300"),
            (Arc::new(Float64Array::from(vec![f64::NAN])), "\"NaN\""),
            (Arc::new(BooleanArray::from(vec![true])), "true"),
            (Arc::new(StringArray::from(vec!["a \"b\""])), r#""a \"b\"""#),
            (Arc::new(BinaryArray::from(vec![&b"\xff\x00"[..]])), r#"{"bytes":"\\xff00"}"#),
        ];
        for (array, json) in cases {
            assert_eq!(json_of(&array, 0), json);
        }
    }
}
