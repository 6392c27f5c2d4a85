//! How an incremental table is told to know what is new.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::cursor::Lag;
use crate::error::{Error, Result};
use crate::types::ColumnType;

use super::document::{Source, TablePlan};
use super::documents::{Carrier, Documents, is_path};
use super::parse::invalid;
use super::policies::NullCursor;
use super::values::Scalar;

/// A column by which rows are ordered: the table's, or `{"source": name}` for one that is not stored.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(
    untagged,
    deny_unknown_fields,
    expecting = "expected a column's name or {\"source\": name, \"type\": one of \"bigint\", \"numeric\", \"date\", \"timestamp\", \"timestamptz\", \"text\"}"
)]
pub enum SortColumn {
    /// A column of the table.
    Target(String),
    /// A column of the source.
    Source {
        /// Its name.
        source: String,
        /// What its values are, where the source does not say it: JSON has no times.
        #[serde(default, rename = "type")]
        values: Option<SortType>,
    },
}

/// The types by which a column that is not stored can be ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SortType {
    /// Whole numbers.
    Bigint,
    /// Decimal numbers.
    Numeric,
    /// Days.
    Date,
    /// Local dates and times.
    Timestamp,
    /// Instants, of whatever offset.
    Timestamptz,
    /// Text, byte by byte.
    Text,
}

impl SortType {
    /// The type of a column that holds such values.
    pub fn column_type(self) -> ColumnType {
        match self {
            SortType::Bigint => ColumnType::Int8,
            SortType::Numeric => ColumnType::Numeric { limit: None, exact: true },
            SortType::Date => ColumnType::Date,
            SortType::Timestamp => ColumnType::Timestamp,
            SortType::Timestamptz => ColumnType::TimestampTz,
            SortType::Text => ColumnType::Text { max_chars: None },
        }
    }
}

impl SortColumn {
    /// The name, of whichever it is.
    pub fn name(&self) -> &str {
        match self {
            SortColumn::Target(name) | SortColumn::Source { source: name, .. } => name,
        }
    }
}

/// How an incremental table knows what is new.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cursor {
    /// The column that grows with every change of a row.
    pub column: SortColumn,
    /// How far before the highest value seen reading starts: `10 minutes`, `2 days`, or a number.
    #[serde(default)]
    pub lag: Option<Scalar>,
    /// What becomes of a row whose cursor column is NULL.
    #[serde(default)]
    pub on_null: NullCursor,
    /// Where the first run starts.
    #[serde(default)]
    pub initial_value: Option<Scalar>,
    /// Columns by whose values the rows fall into groups, each of which is read up to a mark of its own.
    #[serde(default)]
    pub by: Vec<SortColumn>,
}

/// Checks by what a table's rows are ordered. Errors: 22023 with the JSON path.
pub(super) fn check(table: &TablePlan, at: &str) -> Result<()> {
    if let Some(column) = &table.dedup_sort {
        check_type(table, column, &format!("{at}.dedup_sort"))?;
    }
    let Some(cursor) = &table.cursor else { return Ok(()) };
    let at = format!("{at}.cursor");
    check_type(table, &cursor.column, &format!("{at}.column"))?;
    if let Some(lag) = &cursor.lag {
        Lag::parse(lag).ok_or_else(|| {
            invalid(format!("{at}.lag: expected \"10 minutes\", \"2 days\" or a number, not below 0"))
        })?;
    }
    for (i, column) in cursor.by.iter().enumerate() {
        if cursor.by.iter().take(i).any(|before| before.name() == column.name()) {
            return Err(invalid(format!("{at}.by[{i}]: \"{}\" is listed twice", column.name())));
        }
    }
    Ok(())
}

/// As text, 9 comes after 10, and an instant after a later one of another offset: of JSON the plan must say what
/// the values are. Errors: 22023.
fn check_type(table: &TablePlan, column: &SortColumn, at: &str) -> Result<()> {
    let SortColumn::Source { source, values: None } = column else { return Ok(()) };
    let json = match &table.source {
        Some(Source::Json(_) | Source::Documents(Documents { of: Carrier::Files(_), .. })) => true,
        Some(Source::Documents(_)) => is_path(source),
        Some(Source::Parquet(_) | Source::Table(_) | Source::Query(_)) | None => false,
    };
    if !json {
        return Ok(());
    }
    Err(untyped(at, source))
}

/// Nothing says how the values of a source's column are ordered (22023).
pub(crate) fn untyped(at: &str, source: &str) -> Error {
    invalid(format!("{at}: nothing says of what type the values of \"{source}\" are")).hint(format!(
        "say {{\"source\": {}, \"type\": \"timestamptz\"}}, or \"bigint\", \"numeric\", \"date\", \"timestamp\", \"text\"",
        serde_json::Value::from(source)
    ))
}

#[cfg(test)]
mod tests {
    use super::super::parse;

    /// What becomes of a plan whose table has this source and cursor.
    fn read(source: &str, column: &str) -> String {
        let table = format!(
            r#"{{"table": "t", "source": {source}, "write": "upsert", "cursor": {{"column": {column}}}}}"#
        );
        let plan = format!(r#"{{"version": 1, "phases": [{{"name": "a", "tables": [{table}]}}]}}"#);
        parse(&plan).map_or_else(|e| e.message, |_| "accepted".to_owned())
    }

    #[test]
    fn of_json_the_plan_says_the_type_of_what_is_not_stored() {
        let (files, column) = (r#"{"json": "t"}"#, r#"{"table": "raw", "column": "doc"}"#);
        for (source, cursor) in [
            (r#"{"parquet": "t"}"#, r#"{"source": "at"}"#),
            (r#"{"table": "raw"}"#, r#"{"source": "$.at"}"#),
            (files, r#"{"source": "at", "type": "bigint"}"#),
            (files, r#""at""#),
            (column, r#"{"source": "fetched"}"#),
        ] {
            assert_eq!(read(source, cursor), "accepted", "{source} {cursor}");
        }
        let untyped = |name: &str| {
            format!(
                "phases[0].tables[0].cursor.column: nothing says of what type the values of \"{name}\" are"
            )
        };
        assert_eq!(read(files, r#"{"source": "at"}"#), untyped("at"));
        assert_eq!(read(files, r#"{"source": "$.at"}"#), untyped("$.at"));
        assert_eq!(read(column, r#"{"source": "$.at"}"#), untyped("$.at"));
    }
}
