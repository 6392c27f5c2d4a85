//! The functions that users call, one for one. An adapter's function parses its arguments, opens a
//! session and calls one of these.

use serde::Deserialize;

use crate::error::{Error, Kind, Result};
use crate::report::{Finding, ReportRow, SchemaRow, Step};
use crate::session::Session;

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
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SyncOptions {
    /// `auto` (default), `full` or `incremental`.
    pub mode: Option<String>,
    pub dry_run: bool,
    pub rehearse: bool,
    /// A folder that stands in for the plan's `root`.
    pub root: Option<String>,
    /// Stands in for the tables' `max_delete`: a count (`100`) or a share (`25 %`).
    pub max_delete: Option<String>,
    pub allow_empty: bool,
    pub allow_cascade: bool,
}

fn later<T>() -> Result<T> {
    Err(Error::new(Kind::NotSupported, "not built yet"))
}

pub fn import_parquet(_: &mut dyn Session, _path: &str, _: &ImportOptions) -> Result<Vec<ReportRow>> {
    later()
}

pub fn export_parquet(_: &mut dyn Session, _source: &str, _path: &str, _: &ExportOptions) -> Result<i64> {
    later()
}

pub fn parquet_schema(_: &mut dyn Session, _path: &str) -> Result<Vec<SchemaRow>> {
    later()
}

/// `plan` is a path or the document itself. Answers what was loaded, in a sentence.
pub fn load_plan(_: &mut dyn Session, _plan: &str) -> Result<String> {
    later()
}

/// The plan in force, as the document it was loaded as.
pub fn show_plan(_: &mut dyn Session) -> Result<String> {
    later()
}

pub fn check_plan(_: &mut dyn Session) -> Result<Vec<Finding>> {
    later()
}

pub fn explain_phase(_: &mut dyn Session, _phase: &str) -> Result<Vec<Step>> {
    later()
}

pub fn sync_phase(_: &mut dyn Session, _phase: &str, _: &SyncOptions) -> Result<Vec<ReportRow>> {
    later()
}

pub fn sync_phases(_: &mut dyn Session, _phases: &[String], _: &SyncOptions) -> Result<Vec<ReportRow>> {
    later()
}

pub fn sync_all(_: &mut dyn Session, _: &SyncOptions) -> Result<Vec<ReportRow>> {
    later()
}

/// `ok`, `failed` or `skipped`.
pub fn sync_job(_: &mut dyn Session, _phase: &str) -> Result<&'static str> {
    later()
}
