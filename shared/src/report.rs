//! What a call answers: rows of plain values, the same in both databases.

use serde::Serialize;

use crate::error::Error;

/// What a run did to one table. `staged` is always the sum of `inserted`, `updated`, `unchanged`,
/// `preserved`, `quarantined` and `skipped`; `deleted` counts target rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReportRow {
    /// The phase; None for a file imported by itself.
    pub phase: Option<String>,
    pub table_name: String,
    pub write: String,
    pub mode: String,
    pub staged: i64,
    pub inserted: i64,
    pub updated: i64,
    pub unchanged: i64,
    pub deleted: i64,
    pub preserved: i64,
    pub quarantined: i64,
    pub skipped: i64,
    pub elapsed_ms: i64,
}

/// One column of a Parquet file, as `parquet_schema` shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SchemaRow {
    pub column_name: String,
    /// The file's own type: `INT64 / Timestamp(us, UTC)`.
    pub parquet_type: String,
    /// The type that `import_parquet` gives the column in this database.
    pub column_type: String,
    pub nullable: bool,
}

/// One thing that `check_plan` found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// `error` or `warning`.
    pub severity: String,
    pub sqlstate: String,
    pub phase: String,
    /// None where the whole phase is meant.
    pub table_name: Option<String>,
    pub message: String,
    pub hint: Option<String>,
    /// The error that a call would raise.
    #[serde(skip)]
    pub error: Error,
}

/// One step of a run, as `explain_phase` shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    pub step: i64,
    /// None for a step of the whole phase.
    pub table_name: Option<String>,
    pub action: String,
    /// The statement, where the step is one.
    pub statement: Option<String>,
}
