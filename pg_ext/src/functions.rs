//! The SQL functions, one for one with the core's `api`. A signature here and its declaration in
//! the extension script belong together; neither changes once released.

use cutover_core::api::{
    self, CutoverOptions, ExportBackupOptions, ExportChangesOptions, ExportOptions, ImportBackupOptions,
    ImportOptions, MigrationOptions, SnapshotOptions, SyncOptions, VerifyOptions,
};
use cutover_core::report::ReportRow;
use cutover_core::{Error, Kind, VERSION};
use pgrx::iter::TableIterator;
use pgrx::pg_extern;

use crate::errors;
use crate::session::run;

#[pg_extern]
fn version() -> &'static str {
    VERSION
}

#[pg_extern]
fn import_parquet(path: Option<&str>, target: Option<&str>, write: Option<&str>) -> ReportRows {
    let path = required("path", path);
    let options = ImportOptions { target: target.map(str::to_owned), write: write.map(str::to_owned) };
    report(run(|session| api::import_parquet(session, path, &options)))
}

#[pg_extern]
fn export_parquet(source: Option<&str>, path: Option<&str>, overwrite: Option<bool>) -> i64 {
    let (source, path) = (required("source", source), required("path", path));
    let options = ExportOptions { overwrite: overwrite.unwrap_or(false) };
    run(|session| api::export_parquet(session, source, path, &options))
}

#[pg_extern]
fn import_json(path: Option<&str>, target: Option<&str>, write: Option<&str>) -> ReportRows {
    let path = required("path", path);
    let options = ImportOptions { target: target.map(str::to_owned), write: write.map(str::to_owned) };
    report(run(|session| api::import_json(session, path, &options)))
}

#[pg_extern]
fn export_json(source: Option<&str>, path: Option<&str>, overwrite: Option<bool>) -> i64 {
    let (source, path) = (required("source", source), required("path", path));
    let options = ExportOptions { overwrite: overwrite.unwrap_or(false) };
    run(|session| api::export_json(session, source, path, &options))
}

#[pg_extern]
fn parquet_schema(path: Option<&str>) -> SchemaRows {
    let path = required("path", path);
    let rows = run(|session| api::parquet_schema(session, path));
    TableIterator::new(rows.into_iter().map(|r| (r.column_name, r.parquet_type, r.column_type, r.nullable)))
}

#[pg_extern]
fn load_plan(plan: Option<&str>) -> String {
    let plan = required("plan", plan);
    run(|session| api::load_plan(session, plan))
}

/// The document as it was loaded: declared `json`, which is stored as its text.
#[pg_extern]
fn show_plan() -> String {
    run(|session| api::show_plan(session))
}

#[pg_extern]
fn check_plan() -> FindingRows {
    let rows = run(|session| api::check_plan(session));
    TableIterator::new(
        rows.into_iter().map(|f| (f.severity, f.sqlstate, f.phase, f.table_name, f.message, f.hint)),
    )
}

#[pg_extern]
fn explain_phase(phase: Option<&str>) -> StepRows {
    let phase = required("phase", phase);
    let rows = run(|session| api::explain_phase(session, phase));
    TableIterator::new(rows.into_iter().map(|s| (s.step, s.table_name, s.action, s.statement)))
}

#[pg_extern]
#[allow(clippy::too_many_arguments)] // they are the SQL function's
fn sync_phase(
    phase: Option<&str>,
    mode: Option<&str>,
    dry_run: Option<bool>,
    rehearse: Option<bool>,
    tables: Option<Vec<Option<String>>>,
    since: Option<&str>,
    root: Option<&str>,
    max_delete: Option<&str>,
    allow_empty: Option<bool>,
    allow_cascade: Option<bool>,
) -> ReportRows {
    let phase = required("phase", phase);
    let options = SyncOptions {
        mode: mode.map(str::to_owned),
        dry_run: dry_run.unwrap_or(false),
        rehearse: rehearse.unwrap_or(false),
        tables: tables.map(|tables| all("tables", tables)),
        since: since.map(str::to_owned),
        root: root.map(str::to_owned),
        max_delete: max_delete.map(str::to_owned),
        allow_empty: allow_empty.unwrap_or(false),
        allow_cascade: allow_cascade.unwrap_or(false),
    };
    report(run(|session| api::sync_phase(session, phase, &options)))
}

#[pg_extern]
fn sync_phases(phases: Option<Vec<Option<String>>>) -> ReportRows {
    let phases = named(phases);
    report(run(|session| api::sync_phases(session, &phases)))
}

#[pg_extern]
fn sync_all() -> ReportRows {
    report(run(|session| api::sync_all(session)))
}

#[pg_extern]
fn sync_job(phase: Option<&str>) -> &'static str {
    let phase = required("phase", phase);
    run(|session| api::sync_job(session, phase))
}

#[pg_extern]
fn replay_quarantine(phase: Option<&str>) -> ReportRows {
    let phase = required("phase", phase);
    report(run(|session| api::replay_quarantine(session, phase)))
}

/// `examples` is declared `json`, which is stored as its text.
#[pg_extern]
fn verify_phase(phase: Option<&str>, examples: Option<i32>, root: Option<&str>) -> VerifyRows {
    let phase = required("phase", phase);
    let options = VerifyOptions { examples: examples.map(i64::from), root: root.map(str::to_owned) };
    let rows = run(|session| api::verify_phase(session, phase, &options));
    TableIterator::new(rows.into_iter().map(|r| {
        (
            r.phase,
            r.table_name,
            r.write,
            r.source_rows,
            r.target_rows,
            r.matching,
            r.missing,
            r.extra,
            r.different,
            r.preserved,
            r.quarantined,
            r.skipped,
            r.source_checksum,
            r.target_checksum,
            r.examples,
        )
    }))
}

#[pg_extern]
fn validate_phase(phase: Option<&str>) -> CheckRows {
    let phase = required("phase", phase);
    let rows = run(|session| api::validate_phase(session, phase));
    TableIterator::new(rows.into_iter().map(|c| {
        (c.phase, c.table_name, c.check_name, c.check_type, c.severity, c.status, c.found, c.detail)
    }))
}

#[pg_extern]
fn export_changes(phase: Option<&str>, path: Option<&str>, format: Option<&str>) -> ChangeRows {
    let (phase, path) = (required("phase", phase), required("path", path));
    let options = ExportChangesOptions { format: format.map(str::to_owned) };
    let rows = run(|session| api::export_changes(session, phase, path, &options));
    TableIterator::new(
        rows.into_iter().map(|c| (c.batch, c.batch_id, c.table_name, c.upserts, c.deletes, c.file)),
    )
}

#[pg_extern]
fn push_changes(phase: Option<&str>) -> ReportRows {
    let phase = required("phase", phase);
    report(run(|session| api::push_changes(session, phase)))
}

#[pg_extern]
fn acknowledge_changes(batch: Option<&str>) -> i64 {
    let batch = required("batch", batch);
    run(|session| api::acknowledge_changes(session, batch))
}

#[pg_extern]
fn take_snapshot(phase: Option<&str>, key: Option<&str>, table_name: Option<&str>) -> i64 {
    let (phase, key) = (required("phase", phase), required("key", key));
    let options = SnapshotOptions { table_name: table_name.map(str::to_owned) };
    run(|session| api::take_snapshot(session, phase, key, &options))
}

#[pg_extern]
#[allow(clippy::too_many_arguments)] // they are the SQL function's
fn import_backup(
    path: Option<&str>,
    mode: Option<&str>,
    phases: Option<Vec<Option<String>>>,
    tables: Option<Vec<Option<String>>>,
    dry_run: Option<bool>,
    rehearse: Option<bool>,
    allow_local: Option<bool>,
    max_delete: Option<&str>,
    allow_empty: Option<bool>,
    allow_cascade: Option<bool>,
) -> ReportRows {
    let (path, mode) = (required("path", path), required("mode", mode));
    let options = ImportBackupOptions {
        phases: phases.map(|phases| all("phases", phases)),
        tables: tables.map(|tables| all("tables", tables)),
        dry_run: dry_run.unwrap_or(false),
        rehearse: rehearse.unwrap_or(false),
        allow_local: allow_local.unwrap_or(false),
        max_delete: max_delete.map(str::to_owned),
        allow_empty: allow_empty.unwrap_or(false),
        allow_cascade: allow_cascade.unwrap_or(false),
    };
    report(run(|session| api::import_backup(session, path, mode, &options)))
}

#[pg_extern]
fn freeze_phase(phase: Option<&str>) -> String {
    let phase = required("phase", phase);
    run(|session| api::freeze_phase(session, phase))
}

#[pg_extern]
#[allow(clippy::too_many_arguments)] // they are the SQL function's
fn cutover_phase(
    phase: Option<&str>,
    allow_quarantined: Option<bool>,
    allow_stale_source: Option<bool>,
    rehearse: Option<bool>,
    root: Option<&str>,
    max_delete: Option<&str>,
    allow_empty: Option<bool>,
    allow_cascade: Option<bool>,
) -> ReportRows {
    let phase = required("phase", phase);
    let options = CutoverOptions {
        allow_quarantined: allow_quarantined.unwrap_or(false),
        allow_stale_source: allow_stale_source.unwrap_or(false),
        rehearse: rehearse.unwrap_or(false),
        root: root.map(str::to_owned),
        max_delete: max_delete.map(str::to_owned),
        allow_empty: allow_empty.unwrap_or(false),
        allow_cascade: allow_cascade.unwrap_or(false),
    };
    report(run(|session| api::cutover_phase(session, phase, &options)))
}

#[pg_extern]
fn cutover_phases(phases: Option<Vec<Option<String>>>) -> ReportRows {
    let phases = named(phases);
    report(run(|session| api::cutover_phases(session, &phases)))
}

#[pg_extern]
fn reopen_phase(phase: Option<&str>) -> String {
    let phase = required("phase", phase);
    run(|session| api::reopen_phase(session, phase))
}

#[pg_extern]
fn repair_guards(phase: Option<&str>) -> String {
    let phase = required("phase", phase);
    run(|session| api::repair_guards(session, phase))
}

#[pg_extern]
fn apply_migrations(
    dir: Option<&str>,
    start_with: Option<&str>,
    end_with: Option<&str>,
    backup_dir: Option<&str>,
    backup: Option<bool>,
    manual: Option<bool>,
) -> MigrationRows {
    let dir = required("dir", dir);
    let options = MigrationOptions {
        start_with: start_with.map(str::to_owned),
        end_with: end_with.map(str::to_owned),
        backup_dir: backup_dir.map(str::to_owned),
        backup,
        manual: manual.unwrap_or(false),
    };
    let rows = run(|session| api::apply_migrations(session, dir, &options));
    TableIterator::new(rows.into_iter().map(|m| (m.number, m.name, m.package, m.state, m.elapsed_ms)))
}

#[pg_extern]
fn migration_status(dir: Option<&str>) -> MigrationStatusRows {
    let dir = required("dir", dir);
    let rows = run(|session| api::migration_status(session, dir));
    TableIterator::new(
        rows.into_iter().map(|m| (m.number, m.name, m.package, m.state, m.applied_at, m.checksum)),
    )
}

#[pg_extern]
fn export_backup(
    path: Option<&str>,
    phases: Option<Vec<Option<String>>>,
    tables: Option<Vec<Option<String>>>,
    overwrite: Option<bool>,
) -> BackupRows {
    let path = required("path", path);
    let options = ExportBackupOptions {
        phases: phases.map(|phases| all("phases", phases)),
        tables: tables.map(|tables| all("tables", tables)),
        overwrite: overwrite.unwrap_or(false),
    };
    let rows = run(|session| api::export_backup(session, path, &options));
    TableIterator::new(rows.into_iter().map(|r| (r.table_name, r.records, r.bytes, r.sha256)))
}

// Rows as the script declares them: the columns of the core's `report` types, in their order.
type ReportRows = TableIterator<
    'static,
    (Option<String>, String, String, String, i64, i64, i64, i64, i64, i64, i64, i64, i64),
>;
type SchemaRows = TableIterator<'static, (String, String, String, bool)>;
type FindingRows = TableIterator<'static, (String, String, String, Option<String>, String, Option<String>)>;
type StepRows = TableIterator<'static, (i64, Option<String>, String, Option<String>)>;

type VerifyRows = TableIterator<
    'static,
    (String, String, String, i64, i64, i64, i64, i64, i64, i64, i64, i64, String, String, String),
>;
type ChangeRows = TableIterator<'static, (i64, String, String, i64, i64, Option<String>)>;
type MigrationRows = TableIterator<'static, (i64, String, Option<String>, String, Option<i64>)>;
type MigrationStatusRows =
    TableIterator<'static, (i64, String, Option<String>, String, Option<String>, String)>;
type CheckRows = TableIterator<
    'static,
    (String, Option<String>, String, String, String, String, Option<i64>, Option<String>),
>;

type BackupRows = TableIterator<'static, (String, i64, i64, String)>;

fn report(rows: Vec<ReportRow>) -> ReportRows {
    TableIterator::new(rows.into_iter().map(|r| {
        (
            r.phase,
            r.table_name,
            r.write,
            r.mode,
            r.staged,
            r.inserted,
            r.updated,
            r.unchanged,
            r.deleted,
            r.preserved,
            r.quarantined,
            r.skipped,
            r.elapsed_ms,
        )
    }))
}

/// The phases of a VARIADIC argument.
fn named(phases: Option<Vec<Option<String>>>) -> Vec<String> {
    all("phases", phases.unwrap_or_default())
}

/// The elements of an array, none of which may be NULL.
fn all(name: &str, texts: Vec<Option<String>>) -> Vec<String> {
    texts.into_iter().map(|text| required(name, text)).collect()
}

/// The argument, or 22004. A function is not STRICT, or a NULL would silently do nothing.
fn required<T>(name: &str, argument: Option<T>) -> T {
    argument.unwrap_or_else(|| {
        let message = format!("argument \"{name}\" must not be NULL");
        errors::raise(Error::new(Kind::Database(*b"22004"), message))
    })
}
