//! What a call answers: rows of plain values, the same in both databases.

use serde::ser::Error as _;
use serde::{Serialize, Serializer};

use crate::error::Error;
use crate::plan::Mode;

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

impl ReportRow {
    /// The row of a table into which all rows were inserted.
    pub(crate) fn inserted(
        phase: Option<&str>,
        table: &str,
        write: &str,
        mode: Mode,
        rows: i64,
    ) -> ReportRow {
        ReportRow {
            phase: phase.map(str::to_owned),
            table_name: table.to_owned(),
            write: write.to_owned(),
            mode: mode.name().to_owned(),
            staged: rows,
            inserted: rows,
            updated: 0,
            unchanged: 0,
            deleted: 0,
            preserved: 0,
            quarantined: 0,
            skipped: 0,
            elapsed_ms: 0,
        }
    }
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

/// What `verify_phase` found of one table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VerifyRow {
    pub phase: String,
    pub table_name: String,
    pub write: String,
    pub source_rows: i64,
    /// The target's rows that the write speaks of.
    pub target_rows: i64,
    pub matching: i64,
    /// Source rows that the target lacks.
    pub missing: i64,
    /// Target rows that should not be there.
    pub extra: i64,
    pub different: i64,
    pub preserved: i64,
    pub quarantined: i64,
    pub skipped: i64,
    /// Equal where the target is what the source says.
    pub source_checksum: String,
    pub target_checksum: String,
    /// A JSON object: up to N rows of each kind.
    #[serde(serialize_with = "as_json")]
    pub examples: String,
}

/// Our own JSON as it is, not as a string.
fn as_json<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    let value: serde_json::Value = serde_json::from_str(text).map_err(S::Error::custom)?;
    value.serialize(serializer)
}

/// What a batch of local changes holds of one table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChangeRow {
    /// The batch's number within its phase.
    pub batch: i64,
    /// By which it is acknowledged.
    pub batch_id: String,
    pub table_name: String,
    pub upserts: i64,
    /// The file of deleted rows, which is one for all tables, has their keys.
    pub deletes: i64,
    /// The name of the file of the table's rows; None where there are none.
    pub file: Option<String>,
}

/// What a backup holds of one table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BackupRow {
    pub table_name: String,
    pub records: i64,
    /// The size of its file in the archive, uncompressed.
    pub bytes: i64,
    /// The hash of that file.
    pub sha256: String,
}

/// What one check of `validate_phase` came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckRow {
    pub phase: String,
    /// None for a check of no single table.
    pub table_name: Option<String>,
    pub check_name: String,
    pub check_type: String,
    pub severity: String,
    /// `ok` or `failed`.
    pub status: String,
    /// How many rows are wrong; None where the check counts none.
    pub found: Option<i64>,
    /// Up to 5 of them, or the numbers that were compared.
    pub detail: Option<String>,
}

/// What `apply_migrations` did with a migration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MigrationRow {
    pub number: i64,
    pub name: String,
    /// The package of the plan that its number is in.
    pub package: Option<String>,
    /// `applied` by this call, `unchanged` since an earlier one, `manual`: left out.
    pub state: String,
    /// None where it did not run.
    pub elapsed_ms: Option<i64>,
}

/// A migration as `migration_status` shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MigrationStatusRow {
    pub number: i64,
    pub name: String,
    /// The package of the plan that its number is in; else the one that it was in when it was applied.
    pub package: Option<String>,
    /// `applied`, `pending`, `manual` (pending, and marked so), `changed` since it was applied, `missing`: applied,
    /// and its file is gone.
    pub state: String,
    /// UTC, `2026-01-31 05:00:00.000Z`.
    pub applied_at: Option<String>,
    /// What its file had when it was applied, or has.
    pub checksum: String,
}
