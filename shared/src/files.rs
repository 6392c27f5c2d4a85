//! Single files: Parquet or JSON into a table, a relation or query into a file.

use std::path::Path;
use std::time::Instant;

use arrow::record_batch::RecordBatch;

use crate::api::{ExportOptions, ImportOptions};
use crate::catalog::{RelName, Table};
use crate::engine::progress::Progress;
use crate::engine::{self, Request, RunKind, rights, state};
use crate::error::{Error, Kind, Result};
use crate::export::{JsonExport, ParquetExport};
use crate::plan::{ExtraColumn, MissingColumn, Mode, Source, TablePlan, Write};
use crate::planner::{self, SourceShape, Task};
use crate::report::{ReportRow, SchemaRow};
use crate::session::{CursorId, Dialect, LoadKind, LoadTarget, Session};
use crate::sql::{self, Sql, Temps};
use crate::types::ColumnType;
use crate::value::count;

/// How many rows an export fetches at a time.
const FETCH: usize = 8192;
/// The longest name PostgreSQL keeps, in bytes; longer ones it would cut in silence.
const LONGEST_NAME: usize = 63;

/// Imports a file, a folder or a pattern of files into a table of its name or of `target`'s. A
/// relative path starts from the working directory in SQLite; a server takes absolute ones only.
///
/// Errors: those of the file and its values, 22023 a `write` that is none, 25006 read-only, 42809
/// not a table, 42703 a column the table lacks, 55000 the table's phase is frozen or live here, 23505 and
/// the like from the database.
pub fn import_parquet(s: &mut dyn Session, path: &str, options: &ImportOptions) -> Result<Vec<ReportRow>> {
    import(s, &Source::Parquet(path.to_owned()), options)
}

/// As [`import_parquet`], of JSON files; a table that is made has columns of text.
///
/// Errors: those of [`import_parquet`], and 22023 for objects without any key.
pub fn import_json(s: &mut dyn Session, path: &str, options: &ImportOptions) -> Result<Vec<ReportRow>> {
    import(s, &Source::Json(path.to_owned()), options)
}

fn import(s: &mut dyn Session, source: &Source, options: &ImportOptions) -> Result<Vec<ReportRow>> {
    let started = Instant::now();
    let write = match options.write.as_deref() {
        None | Some("append") => None,
        Some("replace") => Some(Write::Replace),
        Some("upsert") => Some(Write::Upsert),
        Some(other) => {
            return Err(Error::new(
                Kind::InvalidParameter,
                format!("write \"{other}\" is none of \"append\", \"replace\", \"upsert\""),
            ));
        }
    };
    if s.facts().read_only {
        return Err(Error::new(Kind::ReadOnly, "cannot import in a read-only transaction"));
    }
    let name = match &options.target {
        Some(target) => RelName::parse(target)?,
        None => RelName::new(None, &own_name(source.text())?),
    };
    let table = s.find_table(&name)?;
    let mut row = match table {
        Some(table) => {
            planner::check_kind(&name.to_string(), &table)?;
            let (schema, own) = (table.schema.clone(), table.name.clone());
            state::check_open(s, &schema, &own)?;
            rights::check(&[&table], false)?;
            let row = match write {
                Some(write) => merge(s, source, &name, &table, write)?,
                None => append(s, source, &name, table)?,
            };
            // Its phase may have become another's before the table was locked.
            state::check_open(s, &schema, &own)?;
            row
        }
        None => create(s, source, &name)?,
    };
    row.elapsed_ms = engine::millis(started);
    Ok(vec![row])
}

/// The table that a file is named after.
fn own_name(path: &str) -> Result<String> {
    let stem = Path::new(path)
        .file_stem()
        .and_then(|stem| stem.to_str())
        .filter(|_| !path.contains(['*', '?', '[']));
    stem.map(str::to_owned).ok_or_else(|| {
        Error::new(Kind::InvalidParameter, format!("\"{path}\" names no table"))
            .hint("name one as \"target\"")
    })
}

/// A plan for one table that is in no plan.
fn lone_plan(name: &RelName, source: &Source, write: Write) -> TablePlan {
    TablePlan {
        on_missing_column: MissingColumn::Keep,
        on_extra_column: ExtraColumn::Error,
        ..TablePlan::plain(name.to_string(), source.clone(), write)
    }
}

/// By the engine's own rules, as a phase of one table.
fn merge(
    s: &mut dyn Session,
    source: &Source,
    name: &RelName,
    table: &Table,
    write: Write,
) -> Result<ReportRow> {
    let plan = lone_plan(name, source, write);
    let found = RelName::new(Some(&table.schema), &table.name);
    let mut rounds = engine::prepare(s, &[plan], &[found], Some(None))?;
    let outcomes = engine::run(s, &mut rounds, &Request::full(RunKind::Sync), &mut |_, _, _| Ok(()))?;
    let mut rows = engine::report(None, &rounds, &outcomes);
    rows.pop().ok_or_else(|| Error::new(Kind::Internal, "a run of one table has no report"))
}

/// Rows into a table by its ordinary path: triggers, constraints and defaults hold.
fn append(s: &mut dyn Session, source: &Source, name: &RelName, table: Table) -> Result<ReportRow> {
    let plan = lone_plan(name, source, Write::Upsert);
    let mut input = engine::open_source(s, None, source)?;
    if input.reader.columns().is_empty() {
        no_rows(&mut input)?;
        return Ok(ReportRow::inserted(None, &name.to_string(), "append", Mode::Full, 0));
    }
    let columns: Vec<&str> = input.reader.columns().iter().map(|c| c.name.as_str()).collect();
    let shape = SourceShape { label: &input.label, columns: &columns };
    let task = planner::bind_append(&plan, table, shape)?;
    engine::warn(s, &task);
    let id = task.target.id();
    let rows = match s.facts().dialect {
        Dialect::Sqlite => {
            s.begin_write(&[&task.target])?;
            engine::load(
                s,
                &task,
                LoadTarget { table: id, columns: Vec::new(), kind: LoadKind::Statement },
                None,
                &mut input,
                engine::Course::whole(&Progress::start()),
            )?
            .rows
        }
        // A bulk load into a user's table would pass by its triggers and constraints.
        Dialect::Postgres => append_staged(s, &task, &mut input)?,
    };
    Ok(ReportRow::inserted(None, &name.to_string(), "append", Mode::Full, rows))
}

/// A source without a column must have no rows. Errors: 22023.
fn no_rows(input: &mut engine::Input) -> Result<()> {
    let engine::Reader::Files(files) = &mut input.reader else { return Ok(()) };
    if files.next()?.is_some() {
        return Err(no_columns(&input.label));
    }
    Ok(())
}

fn no_columns(label: &str) -> Error {
    Error::new(Kind::InvalidParameter, format!("{label} has no columns"))
}

fn append_staged(s: &mut dyn Session, task: &Task, input: &mut engine::Input) -> Result<i64> {
    let temps = Temps::of(s.facts().dialect, task);
    let staging = &temps.staging;
    for statement in &staging.create {
        s.execute(statement, &[])?;
    }
    let rows = engine::stage(s, task, &temps, input, engine::Course::whole(&Progress::start()))?.rows;
    let names: Vec<String> = task.columns.iter().map(|c| c.column.name.clone()).collect();
    let statement = sql::insert_all(&task.target, &names, staging);
    // The state of its phase holds as long as its lock does.
    if state::owner(s, &task.target.schema, &task.target.name)?.is_some() {
        s.begin_write(&[&task.target])?;
    }
    let mut written = 0;
    engine::as_engine(s, &[&task.target], &mut |s| {
        engine::inserting(s, &task.target, &|name| task.staged(name).is_some(), &mut |s| {
            written = s.execute(&statement, &[])?;
            Ok(())
        })
    })?;
    engine::all_written(task, rows, written)?;
    s.execute(&staging.discard, &[])?;
    Ok(rows)
}

/// A table of the file's own columns, and its rows.
fn create(s: &mut dyn Session, source: &Source, name: &RelName) -> Result<ReportRow> {
    let dialect = s.facts().dialect;
    let mut input = engine::open_source(s, None, source)?;
    let columns: Vec<_> =
        input.reader.columns().iter().map(|c| (c.name.clone(), c.natural.clone())).collect();
    if columns.is_empty() {
        return Err(no_columns(&input.label));
    }
    check_names(dialect, name, &columns)?;
    s.begin_write(&[])?;
    s.execute(&sql::create_table(dialect, name.schema.as_deref(), &name.name, &columns), &[])?;
    let table = s.find_table(name)?;
    let table = table.ok_or_else(|| Error::new(Kind::Internal, format!("table \"{name}\" was not made")))?;
    let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
    let shape = SourceShape { label: &input.label, columns: &names };
    let task = planner::bind_append(&lone_plan(name, source, Write::Upsert), table, shape)?;
    let target = LoadTarget { table: task.target.id(), columns: Vec::new(), kind: LoadKind::Own };
    let rows =
        engine::load(s, &task, target, None, &mut input, engine::Course::whole(&Progress::start()))?.rows;
    Ok(ReportRow::inserted(None, &name.to_string(), "create", Mode::Full, rows))
}

/// Errors: 42622 a name that is too long, 42602 an empty one, 42701 two that differ in case only
/// (SQLite takes them for the same).
fn check_names(dialect: Dialect, table: &RelName, columns: &[(String, ColumnType)]) -> Result<()> {
    if dialect == Dialect::Sqlite && table.name.to_lowercase().starts_with("sqlite_") {
        return Err(Error::new(
            Kind::InvalidName,
            format!("\"{table}\" is a name that SQLite keeps for itself"),
        ));
    }
    let mut seen = std::collections::HashSet::new();
    for name in std::iter::once(&table.name).chain(columns.iter().map(|(name, _)| name)) {
        if name.len() > LONGEST_NAME {
            return Err(Error::new(
                Kind::NameTooLong,
                format!("the name \"{name}\" is longer than {LONGEST_NAME} bytes"),
            ));
        }
        if name.is_empty() || name.contains('\0') {
            return Err(Error::new(Kind::InvalidName, format!("{name:?} is not a column's name")));
        }
    }
    for (name, _) in columns {
        if !seen.insert(name.to_lowercase()) {
            return Err(Error::new(
                Kind::DuplicateColumn,
                format!("column \"{name}\" is there twice but for case"),
            ));
        }
    }
    Ok(())
}

/// Writes a relation, or the rows of a query, to a Parquet file and returns how many there were.
///
/// Errors: 42501 the role may not write files, 22023 a relative path on a server, 58P02 the file
/// exists, and those of the query.
pub fn export_parquet(s: &mut dyn Session, source: &str, path: &str, options: &ExportOptions) -> Result<i64> {
    may_write(s, path)?;
    let (cursor, columns) = open(s, source)?;
    let mut export = ParquetExport::create(Path::new(path), options.overwrite, &columns)?;
    fetch(s, cursor, &columns, &mut |batch| export.write(batch))?;
    Ok(count(export.finish()?))
}

/// Writes a relation, or the rows of a query, to a file of newline-delimited JSON and returns how many
/// there were.
///
/// Errors: as those of [`export_parquet`].
pub fn export_json(s: &mut dyn Session, source: &str, path: &str, options: &ExportOptions) -> Result<i64> {
    may_write(s, path)?;
    let (cursor, columns) = open(s, source)?;
    let mut export = JsonExport::create(Path::new(path), options.overwrite, &columns)?;
    fetch(s, cursor, &columns, &mut |batch| export.write(batch))?;
    Ok(count(export.finish()?))
}

/// The columns of what is exported, with their types.
type Columns = Vec<(String, ColumnType)>;

/// A cursor over a relation, where one has that name, or a query.
fn open(s: &mut dyn Session, source: &str) -> Result<(CursorId, Columns)> {
    let relation = match RelName::parse(source) {
        Ok(name) => s.find_table(&name)?,
        Err(_) => None,
    };
    let query = match relation {
        Some(table) => sql::select_all(&table.schema, &table.name),
        // No query is a single word.
        None if !source.trim().contains(char::is_whitespace) => {
            return Err(Error::new(Kind::UndefinedTable, format!("relation \"{source}\" does not exist")));
        }
        None => Sql::from_user(source),
    };
    let cursor = s.cursor_open(&query, &[])?;
    let columns = s.cursor_columns(cursor)?.into_iter().map(|c| (c.name, c.ty)).collect();
    Ok((cursor, columns))
}

/// Hands over all rows of a cursor, and closes it.
fn fetch(
    s: &mut dyn Session,
    cursor: CursorId,
    columns: &Columns,
    write: &mut dyn FnMut(&RecordBatch) -> Result<()>,
) -> Result<()> {
    let types: Vec<_> = columns.iter().map(|(_, ty)| ty.clone()).collect();
    while let Some(batch) = s.cursor_fetch(cursor, &types, FETCH)? {
        s.check_interrupt()?;
        write(&batch)?;
    }
    s.cursor_close(cursor)
}

/// Errors: 42501 the role may not write files, 22023 a relative path on a server.
pub(crate) fn may_write(s: &dyn Session, path: &str) -> Result<()> {
    let facts = s.facts();
    if !facts.may_write_files {
        return Err(Error::new(Kind::Forbidden, "permission denied to write a file on the server")
            .detail("Only roles with privileges of the \"pg_write_server_files\" role may write files."));
    }
    if facts.dialect == Dialect::Postgres && !Path::new(path).is_absolute() {
        return Err(Error::new(Kind::InvalidParameter, format!("\"{path}\" is not an absolute path"))
            .hint("the file is written on the server; give its absolute path there"));
    }
    Ok(())
}

/// The columns of a Parquet file, and the types that `import_parquet` gives them here.
pub fn parquet_schema(s: &mut dyn Session, path: &str) -> Result<Vec<SchemaRow>> {
    let input = engine::open_source(s, None, &Source::Parquet(path.to_owned()))?;
    let dialect = s.facts().dialect;
    let rows = input.reader.columns().iter().map(|column| SchemaRow {
        column_name: column.name.clone(),
        parquet_type: column.source_type.clone(),
        column_type: sql::type_name(dialect, &column.natural),
        nullable: column.nullable,
    });
    Ok(rows.collect())
}
