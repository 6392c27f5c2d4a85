//! How an incremental table is told to know what is new.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::cursor::Lag;
use crate::error::Result;

use super::parse::invalid;
use super::policies::NullCursor;
use super::values::Scalar;

/// A column by which rows are ordered: the table's, or `{"source": name}` for one that is not stored.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "expected a column's name or {\"source\": name}")]
pub enum SortColumn {
    /// A column of the table.
    Target(String),
    /// A column of the source.
    Source {
        /// Its name.
        source: String,
    },
}

impl SortColumn {
    /// The name, of whichever it is.
    pub fn name(&self) -> &str {
        match self {
            SortColumn::Target(name) | SortColumn::Source { source: name } => name,
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

/// Checks a cursor. Errors: 22023 with the JSON path.
pub(super) fn check(cursor: &Cursor, at: &str) -> Result<()> {
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
