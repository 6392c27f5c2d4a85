//! What a table's plan says of backups.

use schemars::JsonSchema;
use serde::Deserialize;

/// The columns by which other databases know a row: a name, or a list of names.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "expected a column's name or a list of names")]
pub enum ExternalId {
    /// One column.
    Column(String),
    /// Several, which identify a row together.
    Columns(Vec<String>),
}

impl ExternalId {
    /// The names of its columns.
    pub fn columns(&self) -> &[String] {
        match self {
            ExternalId::Column(name) => std::slice::from_ref(name),
            ExternalId::Columns(names) => names,
        }
    }
}

/// The table that a detail belongs to: its name, or `{"table": name, "columns": [...]}` with the columns
/// of the detail that refer to it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "expected a table's name or {\"table\": name, \"columns\": [...]}")]
pub enum ParentTable {
    /// The only reference that leads to this table.
    Table(String),
    /// One of several.
    Reference(ParentReference),
}

/// One of several references to a parent.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ParentReference {
    /// The table.
    pub table: String,
    /// The columns that refer to it.
    pub columns: Vec<String>,
}

impl ParentTable {
    /// The parent's name, and the columns that refer to it where the plan names them.
    pub fn named(&self) -> (&str, Option<&[String]>) {
        match self {
            ParentTable::Table(name) => (name, None),
            ParentTable::Reference(one) => (&one.table, Some(&one.columns)),
        }
    }
}
