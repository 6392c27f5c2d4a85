//! The text of values: one fixed form, the same in both databases.

/// `2013-01-31`, from days since 1970.
pub fn date(_days: i32, _out: &mut String) {}

/// `05:00:00`, with `.123` or `.123456` where not zero, from microseconds since midnight.
pub fn time(_micros: i64, _out: &mut String) {}

/// `2013-01-31 05:00:00.000` (6 digits where microseconds are not zero), from microseconds since 1970.
pub fn timestamp(_micros: i64, _out: &mut String) {}

/// As [`timestamp`], with `Z` at the end.
pub fn timestamp_tz(_micros: i64, _out: &mut String) {}

/// Plain decimal notation of `value` / 10^`scale`.
pub fn decimal128(_value: i128, _scale: i8, _out: &mut String) {}

/// `01234567-89ab-cdef-0123-456789abcdef`.
pub fn uuid(_bytes: &[u8; 16], _out: &mut String) {}

/// Lower-case hexadecimal after `\x`.
pub fn bytes(_bytes: &[u8], _out: &mut String) {}

/// The shortest text that reads back as the same number; `NaN`, `Infinity`, `-Infinity`.
pub fn float8(_value: f64, _out: &mut String) {}

/// As [`float8`].
pub fn float4(_value: f32, _out: &mut String) {}
