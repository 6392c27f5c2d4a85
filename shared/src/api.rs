//! The functions that users call, one for one. An adapter's function parses its arguments, opens a
//! session and calls one of these.

use serde::Deserialize;

use crate::error::{Error, Kind, Result};
use crate::plan::Limit;

pub use crate::engine::{sync_all, sync_job, sync_phase, sync_phases};
pub use crate::files::{export_parquet, import_parquet, parquet_schema};
pub use crate::plans::{check_plan, explain_phase, load_plan, show_plan};

/// Arguments of `import_parquet` besides the path.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ImportOptions {
    /// The table; the file's name without its ending where left out.
    pub target: Option<String>,
    /// `append` (default), `replace` or `upsert`.
    pub write: Option<String>,
}

/// Arguments of `export_parquet` besides source and path.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ExportOptions {
    /// Replace a file that exists.
    pub overwrite: bool,
}

/// Arguments of `sync_phase` and its relatives besides the phase.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SyncOptions {
    /// `auto` (default), `full` or `incremental`.
    pub mode: Option<String>,
    pub dry_run: bool,
    pub rehearse: bool,
    /// A folder that stands in for the plan's `root`.
    pub root: Option<String>,
    /// Stands in for the tables' `max_delete`.
    pub max_delete: Option<Limit>,
    pub allow_empty: bool,
    pub allow_cascade: bool,
}

/// Reads `max_delete` where a caller gives it as text: a count (`100`) or a share (`25 %`).
/// Errors: 22023.
pub fn limit(text: &str) -> Result<Limit> {
    Limit::parse(text).ok_or_else(|| {
        Error::new(
            Kind::InvalidParameter,
            format!("max_delete \"{text}\" is neither a count of rows nor a share such as \"25 %\""),
        )
    })
}
