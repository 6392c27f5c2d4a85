//! The types a target column can have, as far as they matter for converting and loading.

use arrow::datatypes::{DataType, TimeUnit};

/// What a column holds. A database's own type names map to one of these in its adapter's catalog;
/// how each is spelled in DDL is in the `sql` module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ColumnType {
    Bool,
    Int2,
    Int4,
    Int8,
    Float4,
    Float8,
    /// A decimal number: `limit` is (precision, scale) where the column declares one.
    /// `exact` is false where the database keeps it as a binary float (SQLite's NUMERIC
    /// affinity): then at most 15 significant digits survive.
    Numeric {
        limit: Option<(u16, i16)>,
        exact: bool,
    },
    /// Text; `max_chars` is the declared length in characters.
    Text {
        max_chars: Option<u32>,
    },
    Bytes,
    Date,
    /// A time of day, in microseconds.
    Time,
    /// A local date and time without zone, in microseconds.
    Timestamp,
    /// An instant, in microseconds since 1970 UTC.
    TimestampTz,
    Uuid,
    /// JSON text (PostgreSQL's json and jsonb).
    Json,
    /// A type that values reach as text through its own input function (PostgreSQL: enums,
    /// domains, arrays, intervals, ...).
    Other,
    /// A column without a type (SQLite): values keep the type they come with.
    Any,
}

impl ColumnType {
    /// Whether its values are numbers: integers, floats or decimals.
    pub fn is_number(&self) -> bool {
        use ColumnType as C;
        matches!(self, C::Int2 | C::Int4 | C::Int8 | C::Float4 | C::Float8 | C::Numeric { .. })
    }

    /// The Arrow types that `convert` yields for this column, and loaders accept: the first is
    /// the usual one. Any of them may hold nulls.
    ///
    /// `Numeric` is Decimal128 of any precision and scale >= 0 within the column's limit, or Utf8
    /// (plain decimal notation; PostgreSQL also `NaN`, `Infinity`). `Any` is whatever the natural
    /// type of the source column yields.
    pub fn arrow(&self) -> DataType {
        match self {
            ColumnType::Bool => DataType::Boolean,
            ColumnType::Int2 => DataType::Int16,
            ColumnType::Int4 => DataType::Int32,
            ColumnType::Int8 => DataType::Int64,
            ColumnType::Float4 => DataType::Float32,
            ColumnType::Float8 => DataType::Float64,
            ColumnType::Numeric { limit, .. } => match limit {
                Some((p, s)) if *p <= 38 && *s >= 0 && *s <= *p as i16 => {
                    DataType::Decimal128(*p as u8, *s as i8)
                }
                _ => DataType::Utf8,
            },
            ColumnType::Text { .. } | ColumnType::Json | ColumnType::Other | ColumnType::Any => {
                DataType::Utf8
            }
            ColumnType::Bytes => DataType::Binary,
            ColumnType::Date => DataType::Date32,
            ColumnType::Time => DataType::Time64(TimeUnit::Microsecond),
            ColumnType::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, None),
            ColumnType::TimestampTz => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            ColumnType::Uuid => DataType::FixedSizeBinary(16),
        }
    }
}
