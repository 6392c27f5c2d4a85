//! JSON: nested values written as it, and text checked to be it.

use std::fmt;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, StringArray};
use arrow::datatypes::{DataType, Field};
use arrow::error::ArrowError;
use arrow::json::writer::{EncoderOptions, make_encoder};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::build::{Fault, Faults, Outcome, strings};
use crate::error::Kind;

/// Checks that a text is one JSON value, nested at most 127 deep, without NUL in its strings.
pub(super) fn check(text: &str) -> Outcome<()> {
    serde_json::from_str::<Checked>(text).map(drop).map_err(|error| {
        if error.to_string().starts_with(NUL) {
            return Fault::new(Kind::BadCharacter, "holds a NUL character");
        }
        Fault::new(Kind::InvalidText, "is not valid JSON")
    })
}

const NUL: &str = "NUL character";

/// A JSON value of which only the shape was looked at. serde_json bounds the depth.
struct Checked;

impl<'de> Deserialize<'de> for Checked {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Checked)
    }
}

impl<'de> Visitor<'de> for Checked {
    type Value = Checked;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Checked, E> {
        Ok(Checked)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Checked, E> {
        Ok(Checked)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Checked, E> {
        Ok(Checked)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Checked, E> {
        Ok(Checked)
    }

    fn visit_unit<E>(self) -> Result<Checked, E> {
        Ok(Checked)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Checked, E> {
        if text.contains('\0') { Err(E::custom(NUL)) } else { Ok(Checked) }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Checked, A::Error> {
        while items.next_element::<Checked>()?.is_some() {}
        Ok(Checked)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Checked, A::Error> {
        while entries.next_entry::<Checked, Checked>()?.is_some() {}
        Ok(Checked)
    }
}

/// Nested values as compact JSON, with their nulls. Maps whose keys are no text become lists of
/// `{"key": .., "value": ..}`; bytes become hexadecimal text.
pub(super) fn from_nested(array: &ArrayRef) -> Result<(StringArray, Faults), ArrowError> {
    let array = listed(array)?;
    let field = Arc::new(Field::new("value", array.data_type().clone(), true));
    let options = EncoderOptions::default().with_explicit_nulls(true);
    let mut encoder = make_encoder(&field, array.as_ref(), &options)?;
    let encoder = std::cell::RefCell::new(&mut encoder);
    Ok(strings(&array, |row, out| {
        let mut json = Vec::new();
        encoder.borrow_mut().encode(row, &mut json);
        let json = String::from_utf8(json).map_err(|_| Fault::new(Kind::BadCharacter, "is not UTF-8"))?;
        if json.contains("\\u0000") {
            check(&json)?;
        }
        out.push_str(&json);
        Ok(())
    }))
}

/// Whether [`from_nested`] can write a type.
pub(super) fn is_writable(ty: &DataType) -> bool {
    from_nested(&arrow::array::new_empty_array(ty)).is_ok()
}

/// The array with every map that JSON cannot write as an object replaced by a list, at its top.
fn listed(array: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let Some(map) = array.as_map_opt() else {
        return Ok(Arc::clone(array));
    };
    if matches!(map.key_type(), DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View) {
        return Ok(Arc::clone(array));
    }
    let entries: ArrayRef = Arc::new(map.entries().clone());
    let field = Arc::new(Field::new("entry", entries.data_type().clone(), false));
    Ok(Arc::new(ListArray::try_new(field, map.offsets().clone(), entries, map.nulls().cloned())?))
}
