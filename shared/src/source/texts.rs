//! A JSON value as the text that its column is converted from.

use std::borrow::Cow;

use serde_json::value::RawValue;

/// How deep a record may nest, itself included.
pub(super) const MAX_DEPTH: usize = 128;

/// Why a value cannot be taken over.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// It nests too deep.
    Deep,
    /// It is no text, by serde_json's words.
    Text(String),
}

/// A value as the text that its column is converted from: a string's characters, a number's own
/// digits, `true`, `false`, an object or array as compact JSON. None for null.
pub(crate) fn text_of(value: &RawValue) -> Result<Option<Cow<'_, str>>, Unfit> {
    text_of_json(value.get())
}

/// As [`text_of`], of a JSON value's own text.
pub(super) fn text_of_json(json: &str) -> Result<Option<Cow<'_, str>>, Unfit> {
    match json.as_bytes().first() {
        Some(b'"') if json.contains('\\') => {
            serde_json::from_str(json).map(|text: String| Some(text.into())).map_err(|error| {
                let text = error.to_string();
                Unfit::Text(text.rsplit_once(" at line ").map_or(text.as_str(), |(text, _)| text).to_owned())
            })
        }
        Some(b'"') => Ok(json.get(1..json.len() - 1).map(Cow::Borrowed)),
        Some(b'{' | b'[') => compact(json).map(|text| Some(text.into())).ok_or(Unfit::Deep),
        Some(b'n') => Ok(None),
        _ => Ok(Some(json.into())),
    }
}

/// Valid JSON without the white space between its tokens; None where it nests too deep. Numbers
/// keep their digits, which serde_json's own values would not.
pub(crate) fn compact(json: &str) -> Option<String> {
    let mut out = String::with_capacity(json.len());
    let (mut depth, mut quoted, mut escaped) = (1, false, false);
    for c in json.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            _ if quoted => {}
            '{' | '[' => depth += 1,
            '}' | ']' => depth -= 1,
            ' ' | '\t' | '\r' | '\n' => continue,
            _ => {}
        }
        if depth > MAX_DEPTH {
            return None;
        }
        out.push(c);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(json: &str) -> Option<String> {
        let value: Box<RawValue> = serde_json::from_str(json).unwrap();
        text_of(&value).unwrap().map(Cow::into_owned)
    }

    #[test]
    fn values_become_text_and_numbers_keep_their_digits() {
        let cases = [
            (r#""plain""#, "plain"),
            (r#""a\"b\u00e9\n""#, "a\"b\u{e9}\n"),
            ("1.10", "1.10"),
            (
                "-12345678901234567890.123456789012345678901e5",
                "-12345678901234567890.123456789012345678901e5",
            ),
            ("true", "true"),
            ("{ \"a b\" : [ 1.10,\n 2 ] }", "{\"a b\":[1.10,2]}"),
            (r#"["\" { [ ", " \\", 1 ]"#, r#"["\" { [ "," \\",1]"#),
        ];
        for (json, expected) in cases {
            assert_eq!(text(json).as_deref(), Some(expected), "{json}");
        }
        assert_eq!(text("null"), None);
    }

    #[test]
    fn a_value_that_nests_too_deep_or_is_no_text_is_refused() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        let raw = |json: &str| serde_json::from_str::<Box<RawValue>>(json).unwrap();
        assert!(text_of(&raw(&nested(127))).is_ok());
        assert_eq!(text_of(&raw(&nested(128))), Err(Unfit::Deep));
        assert!(matches!(text_of(&raw(r#""\ud800""#)), Err(Unfit::Text(_))));
    }
}
