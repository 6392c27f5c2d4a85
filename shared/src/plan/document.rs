//! The types of the plan document. A key's docstring is also its description in the JSON Schema.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::values::{Limit, Scalar};

/// A whole plan.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// The version of this format: 1.
    pub version: u32,
    /// The folder that relative file names start from.
    #[serde(default)]
    pub root: Option<String>,
    /// How long the log keeps runs, as a number of days: `90 days`. Without it they stay.
    #[serde(default)]
    pub keep_runs: Option<String>,
    /// The phases.
    pub phases: Vec<Phase>,
}

/// A named group of tables that changes hands together.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Phase {
    /// The phase's name.
    pub name: String,
    /// Phases that must have been synced, or be local, before this one runs.
    #[serde(default)]
    pub depends_on: Vec<String>,
    /// The tables of the phase. A table belongs to one phase.
    pub tables: Vec<TablePlan>,
}

/// How one table is filled.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TablePlan {
    /// The table: `name` or `schema.name`.
    pub table: String,
    /// Where its rows come from.
    pub source: Source,
    /// How staged rows become table rows.
    pub write: Write,
    /// The columns that identify a row; the table's own primary key where left out.
    #[serde(default)]
    pub primary_key: Option<Vec<String>>,
    /// Table column -> source column, where the names differ, or a fixed value.
    #[serde(default)]
    pub columns: BTreeMap<String, ColumnSource>,
    /// The column that tells imported rows from local ones.
    #[serde(default)]
    pub origin: Option<Origin>,
    /// Whether local rows stay.
    #[serde(default = "yes")]
    pub keep_local: bool,
    /// Columns written on insert, neither compared nor updated afterwards.
    #[serde(default)]
    pub ignore: Vec<String>,
    /// References that the database does not declare.
    #[serde(default)]
    pub references: Vec<Reference>,
    /// What becomes of a row that refers to a row that does not exist.
    #[serde(default)]
    pub on_missing_reference: MissingReference,
    /// What becomes of a column of the table that the source lacks.
    #[serde(default)]
    pub on_missing_column: MissingColumn,
    /// What becomes of a column of the source that the table lacks.
    #[serde(default)]
    pub on_extra_column: ExtraColumn,
    /// How many imported rows a run may delete: a count, or a share such as `25 %`.
    #[serde(default)]
    pub max_delete: Option<Limit>,
    /// Write the source's values into a column that is GENERATED ALWAYS AS IDENTITY.
    #[serde(default)]
    pub override_identity: bool,
    /// The zone of the source's timestamps that carry none: `America/New_York`.
    #[serde(default)]
    pub time_zone: Option<String>,
}

fn yes() -> bool {
    true
}

/// Where rows come from.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// A Parquet file, a folder of them, or a pattern such as `jobs/*.parquet`.
    pub parquet: String,
}

/// How staging becomes target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Write {
    /// The imported rows equal the source: new rows are inserted, changed ones updated, missing ones deleted.
    Replace,
    /// New keys are inserted and known ones updated; nothing is deleted.
    Upsert,
}

impl Write {
    /// The name as the plan writes it.
    pub fn name(self) -> &'static str {
        match self {
            Write::Replace => "replace",
            Write::Upsert => "upsert",
        }
    }
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

/// What a column of the table is filled from: a source column's name, `{"column": name}`, or
/// `{"value": constant}`.
#[derive(Debug, Clone, PartialEq)]
pub enum ColumnSource {
    Column(String),
    Value(Scalar),
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

/// What becomes of a row that refers to a row that does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MissingReference {
    /// The run fails.
    #[default]
    Error,
    /// The row is refused, and so are rows that refer to it.
    Quarantine,
    /// The reference becomes NULL.
    Null,
}

/// What becomes of a column of the table that the source lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MissingColumn {
    /// The run fails.
    #[default]
    Error,
    /// The column is left alone.
    Keep,
}

/// What becomes of a column of the source that the table lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExtraColumn {
    /// It is left out, and a warning says so.
    #[default]
    Warn,
    /// The run fails.
    Error,
    /// It is left out.
    Ignore,
}
