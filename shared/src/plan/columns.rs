//! What a table's plan says of single columns: where they come from and where they lead.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::documents::Convert;
use super::path::Path;
use super::policies::MissingLookup;
use super::values::Scalar;

/// A column whose value is found in another table.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lookup {
    /// The column of this table that is set.
    pub set: String,
    /// The table that is searched.
    pub table: String,
    /// Its column -> the source's column that must equal it.
    #[serde(rename = "match")]
    pub match_columns: BTreeMap<String, String>,
    /// Its column whose value is taken.
    pub take: String,
    /// What becomes of a row that finds nothing.
    #[serde(default)]
    pub on_missing: MissingLookup,
}

/// The column that tells imported rows from local ones. A value that is neither `imported` nor
/// `local` counts as local.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    /// The column.
    pub column: String,
    /// Its value in imported rows.
    pub imported: Scalar,
    /// Its value in local rows.
    pub local: Scalar,
    /// Whether a row without a value counts as imported.
    #[serde(default)]
    pub null_is_imported: bool,
}

/// What a column of the table is filled from: a source column's name, `{"column": name}`, `{"path":
/// path}` into the source's documents, or `{"value": constant}`.
#[derive(Debug, Clone, PartialEq)]
pub enum ColumnSource {
    Column { name: String, convert: Option<Convert> },
    Path { path: Path, convert: Option<Convert> },
    Value(Scalar),
}

impl ColumnSource {
    /// The source column of this name, as it is.
    pub fn named(name: impl Into<String>) -> ColumnSource {
        ColumnSource::Column { name: name.into(), convert: None }
    }

    /// What is done to its values.
    pub fn convert(&self) -> Option<Convert> {
        match self {
            ColumnSource::Column { convert, .. } | ColumnSource::Path { convert, .. } => *convert,
            ColumnSource::Value(_) => None,
        }
    }
}

/// A reference that the database does not declare.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// Columns of this table.
    pub columns: Vec<String>,
    /// The table they refer to.
    pub table: String,
    /// The columns they refer to.
    #[serde(rename = "match")]
    pub match_columns: Vec<String>,
}
