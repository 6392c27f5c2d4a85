//! The functions that users call, one for one. An adapter's function parses its arguments, opens a
//! session and calls one of these.

use serde::{Deserialize, Deserializer};

use crate::plan::Scalar;

pub use crate::engine::{
    acknowledge_changes, cutover_phase, cutover_phases, export_backup, export_changes, freeze_phase,
    import_backup, push_changes, reopen_phase, repair_guards, replay_quarantine, sync_all, sync_job,
    sync_phase, sync_phases, take_snapshot, validate_phase, verify_phase,
};
pub use crate::explain::explain_phase;
pub use crate::files::{export_json, export_parquet, import_json, import_parquet, parquet_schema};
pub use crate::migrations::{apply_migrations, migration_status};
pub use crate::plans::{check_plan, load_plan, show_plan};

/// Arguments of `import_parquet` and `import_json` besides the path.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ImportOptions {
    /// The table; the file's name without its ending where left out.
    pub target: Option<String>,
    /// `append` (default), `replace` or `upsert`.
    pub write: Option<String>,
}

/// Arguments of `export_parquet` and `export_json` besides source and path.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ExportOptions {
    /// Replace a file that exists.
    pub overwrite: bool,
}

/// Arguments of `export_changes` besides phase and path.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ExportChangesOptions {
    /// `parquet` (default) or `json`, an object per line.
    pub format: Option<String>,
}

/// Arguments of `export_backup` besides the path.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ExportBackupOptions {
    /// Only the tables of these phases.
    pub phases: Option<Vec<String>>,
    /// Only these tables, as the plan names them.
    pub tables: Option<Vec<String>>,
    /// Replace a file that exists.
    pub overwrite: bool,
}

/// Arguments of `sync_phase` and its relatives besides the phase.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SyncOptions {
    /// `auto` (default), `full` or `incremental`.
    pub mode: Option<String>,
    pub dry_run: bool,
    pub rehearse: bool,
    /// Only these tables of the phase, as the plan names them.
    pub tables: Option<Vec<String>>,
    /// Where incremental reading starts instead of at the cursor's value: a value of the cursor's
    /// column, or a time before now such as `7 days`.
    pub since: Option<String>,
    /// A folder that stands in for the plan's `root`.
    pub root: Option<String>,
    /// Stands in for the tables' `max_delete`: a count (`100`) or a share (`25 %`).
    #[serde(deserialize_with = "number_or_text")]
    pub max_delete: Option<String>,
    pub allow_empty: bool,
    pub allow_cascade: bool,
}

/// Arguments of `cutover_phase` besides the phase.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CutoverOptions {
    /// Hands the phase over although rows of it are quarantined.
    pub allow_quarantined: bool,
    /// Takes source files that are older than the freeze.
    pub allow_stale_source: bool,
    /// Does everything, and undoes it.
    pub rehearse: bool,
    /// A folder that stands in for the plan's `root`.
    pub root: Option<String>,
    /// Stands in for the tables' `max_delete`: a count (`100`) or a share (`25 %`).
    #[serde(deserialize_with = "number_or_text")]
    pub max_delete: Option<String>,
    pub allow_empty: bool,
    pub allow_cascade: bool,
}

/// Arguments of `take_snapshot` besides phase and key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SnapshotOptions {
    /// The table of the row, as the plan names it.
    pub table_name: Option<String>,
}

/// Arguments of `import_backup` besides path and mode.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ImportBackupOptions {
    /// Only the tables of these phases.
    pub phases: Option<Vec<String>>,
    /// Only these tables, as the plan or the backup names them.
    pub tables: Option<Vec<String>>,
    pub dry_run: bool,
    pub rehearse: bool,
    /// Writes the tables of phases that are live here, too.
    pub allow_local: bool,
    /// Stands in for the tables' `max_delete`: a count (`100`) or a share (`25 %`).
    #[serde(deserialize_with = "number_or_text")]
    pub max_delete: Option<String>,
    pub allow_empty: bool,
    pub allow_cascade: bool,
}

/// Arguments of `verify_phase` besides the phase.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct VerifyOptions {
    /// How many rows of each kind are shown: 0 to 1000, 5 where left out.
    pub examples: Option<i64>,
    /// A folder that stands in for the plan's `root`.
    pub root: Option<String>,
}

/// Arguments of `apply_migrations` besides the folder.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MigrationOptions {
    /// The package, or the number, to begin with.
    #[serde(deserialize_with = "number_or_text")]
    pub start_with: Option<String>,
    /// The package, or the number, to end with.
    #[serde(deserialize_with = "number_or_text")]
    pub end_with: Option<String>,
    /// The folder for the backup that is made first where there are rows to lose.
    pub backup_dir: Option<String>,
    /// `false` makes none.
    pub backup: Option<bool>,
    /// Runs those marked as manual, too.
    pub manual: bool,
}

/// In JSON a count may be a number.
fn number_or_text<'de, D: Deserializer<'de>>(d: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<Scalar>::deserialize(d)?.map(|value| value.to_string()))
}
