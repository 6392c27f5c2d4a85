//! What a declared type of SQLite means.

use cutover_core::types::ColumnType;

/// The column type for a declared type, as `CREATE TABLE` has it.
///
/// Case and spacing do not matter, and `(n)` or `(p, s)` may follow. The exact names come first:
///
/// | declared | holds | stored as |
/// |---|---|---|
/// | `BOOL`, `BOOLEAN` | true and false | 1 and 0 |
/// | `SMALLINT`, `INT2` | 16-bit integers | INTEGER |
/// | `INT4` | 32-bit integers | INTEGER |
/// | `INT`, `INTEGER`, `BIGINT`, `INT8` | 64-bit integers | INTEGER |
/// | `FLOAT4` | single-precision floating point | REAL |
/// | `REAL`, `DOUBLE`, `FLOAT` | binary floating point | REAL |
/// | `DECIMAL_TEXT`, `DECIMAL_TEXT(p,s)` | exact decimals | TEXT |
/// | `DECIMAL`, `NUMERIC`, with `(p,s)` | decimals of 15 digits | INTEGER or REAL |
/// | `DATE` | a day | TEXT `2013-01-31` |
/// | `TIME` | a time of day | TEXT `05:00:00`, `05:00:00.123456` |
/// | `DATETIME`, `TIMESTAMP` | a local date and time | TEXT `2013-01-31 05:00:00.000` |
/// | `TIMESTAMPTZ`, `TIMESTAMP WITH TIME ZONE`, `DATETIMETZ` | an instant | TEXT `2013-01-31 05:00:00.000Z` |
/// | `UUID` | a UUID | TEXT, lower case |
/// | `JSON`, `JSONB` | a JSON document | TEXT |
/// | `VARCHAR(n)`, `CHAR(n)` and their like | text of n characters at most | TEXT |
/// | `TEXT`, `CLOB` | text | TEXT |
/// | `BLOB` | bytes | BLOB |
/// | none, `ANY` | anything | as it comes |
///
/// Every other name goes by SQLite's affinity rules: one that contains `INT` is a 64-bit integer;
/// `CHAR`, `CLOB` or `TEXT` text; `BLOB` bytes; `REAL`, `FLOA` or `DOUB` a float; the rest are
/// decimals of 15 digits. SQLite turns a JSON document that is a bare number into that number,
/// because `JSON` has NUMERIC affinity; declare `TEXT` where that matters.
pub fn column_type(declared: &str) -> ColumnType {
    let (name, modifiers) = split(declared);
    match name.as_str() {
        "" | "ANY" => ColumnType::Any,
        "BOOL" | "BOOLEAN" => ColumnType::Bool,
        "SMALLINT" | "INT2" => ColumnType::Int2,
        "INT4" => ColumnType::Int4,
        "FLOAT4" => ColumnType::Float4,
        "DECIMAL_TEXT" => ColumnType::Numeric { limit: limit(&modifiers), exact: true },
        "DECIMAL" | "NUMERIC" => ColumnType::Numeric { limit: limit(&modifiers), exact: false },
        "DATE" => ColumnType::Date,
        "TIME" | "TIME WITHOUT TIME ZONE" => ColumnType::Time,
        "DATETIME" | "TIMESTAMP" | "TIMESTAMP WITHOUT TIME ZONE" => ColumnType::Timestamp,
        "TIMESTAMPTZ" | "TIMESTAMP WITH TIME ZONE" | "DATETIMETZ" => ColumnType::TimestampTz,
        "UUID" => ColumnType::Uuid,
        "JSON" | "JSONB" => ColumnType::Json,
        _ => by_affinity(&name, &modifiers),
    }
}

fn by_affinity(name: &str, modifiers: &[i64]) -> ColumnType {
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    if has(&["INT"]) {
        ColumnType::Int8
    } else if has(&["CHAR"]) {
        ColumnType::Text { max_chars: modifiers.first().and_then(|n| u32::try_from(*n).ok()) }
    } else if has(&["CLOB", "TEXT"]) {
        ColumnType::Text { max_chars: None }
    } else if has(&["BLOB"]) {
        ColumnType::Bytes
    } else if has(&["REAL", "FLOA", "DOUB"]) {
        ColumnType::Float8
    } else {
        ColumnType::Numeric { limit: limit(modifiers), exact: false }
    }
}

/// The declared type as DDL for a copy of the column. One that could mean more than a type (SQLite
/// takes quoted text for a type's name) is replaced by its affinity's name.
pub fn ddl(declared: &str) -> String {
    const CLAUSES: [&str; 12] = [
        "PRIMARY",
        "NOT",
        "NULL",
        "CHECK",
        "UNIQUE",
        "DEFAULT",
        "REFERENCES",
        "COLLATE",
        "GENERATED",
        "AS",
        "CONSTRAINT",
        "ALWAYS",
    ];
    let plain = declared.chars().all(|c| c.is_alphanumeric() || " _(),+-.".contains(c));
    let (open, close) = (declared.matches('(').count(), declared.matches(')').count());
    let words = || declared.split(|c: char| !c.is_alphanumeric() && c != '_');
    let clause = words().any(|word| CLAUSES.iter().any(|clause| word.eq_ignore_ascii_case(clause)));
    if plain && open == close && open <= 1 && !clause {
        return declared.to_owned();
    }
    match by_affinity(&declared.to_uppercase(), &[]) {
        ColumnType::Int8 => "INTEGER",
        ColumnType::Text { .. } => "TEXT",
        ColumnType::Bytes => "BLOB",
        ColumnType::Float8 => "REAL",
        _ => "NUMERIC",
    }
    .to_owned()
}

/// The name in capitals with single spaces, and the numbers in its parentheses.
fn split(declared: &str) -> (String, Vec<i64>) {
    let (before, rest) = declared.split_once('(').unwrap_or((declared, ""));
    let (inside, after) = rest.split_once(')').unwrap_or((rest, ""));
    let words: Vec<&str> = before.split_whitespace().chain(after.split_whitespace()).collect();
    let numbers = inside.split(',').map_while(|n| n.trim().parse().ok()).collect();
    (words.join(" ").to_uppercase(), numbers)
}

/// (precision, scale); a scale that is left out is 0.
fn limit(modifiers: &[i64]) -> Option<(u16, i16)> {
    let precision = u16::try_from(*modifiers.first()?).ok()?;
    let scale = i16::try_from(modifiers.get(1).copied().unwrap_or(0)).ok()?;
    Some((precision, scale))
}
