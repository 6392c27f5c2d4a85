//! `export_backup`: tables as records that any other database with the same tables can take in, all of
//! one moment.

use std::path::Path;

use arrow::array::AsArray;
use arrow::datatypes::Int64Type;

use crate::api::ExportBackupOptions;
use crate::backup::{ArchiveWriter, Made};
use crate::error::{Error, Kind, Result};
use crate::migrations;
use crate::plan::Plan;
use crate::planner::{self, Travel};
use crate::report::BackupRow;
use crate::session::{Dialect, Session};
use crate::sql::{self, Misfit, Sql};
use crate::types::ColumnType;
use crate::value::{Value, count, first};

use super::check::shown;
use super::owners::Owners;
use super::progress::Progress;
use super::rows::{FIRST_FETCH, next_fetch};
use super::travel::Travels;
use super::{rights, state};

/// Writes the rows of the plan's tables to an archive and answers a row per table, in the archive's order.
///
/// Errors: 55000 no plan; 42704 no such phase or table; 42P10 and 22023 rows of a table cannot travel (see
/// [`planner::travel`]); 42501 the role may not write files, or does not see all rows; 22023 a relative path
/// on a server; 23502, 21000, 23503 external ids or references that name no row, or several; those of
/// [`ArchiveWriter`].
pub fn export_backup(
    s: &mut dyn Session,
    path: &str,
    options: &ExportBackupOptions,
) -> Result<Vec<BackupRow>> {
    crate::files::may_write(s, path)?;
    let stored = state::plan(s)?;
    let owners = Owners::stored(s, &stored.plan)?;
    let travels = Travels::find(s, &owners)?;
    let chosen = planner::parents_first(chosen(&stored.plan, &travels, options)?);
    let read = travels.read_by(&chosen);
    rights::sees_all(&read, "The backup would lack them.")?;
    let made = made(s)?;
    let mut archive = ArchiveWriter::create(Path::new(path), options.overwrite)?;
    let mut rows = Vec::with_capacity(chosen.len());
    s.at_one_moment(&read, &mut |s| {
        let clock = Progress::start();
        for travel in &chosen {
            rows.push(write(s, travel, &made.created_at, &mut archive, &clock)?);
        }
        Ok(())
    })?;
    archive.finish(made, &mut || s.check_interrupt())?;
    Ok(rows)
}

/// The tables that a call names, each once. Errors: 42704, and those of [`planner::travel`], all of them
/// in the detail.
fn chosen(plan: &Plan, travels: &Travels<'_>, options: &ExportBackupOptions) -> Result<Vec<Travel>> {
    if let Some(unknown) = options.phases.iter().flatten().find(|name| plan.phase(name).is_none()) {
        return Err(state::no_phase(unknown));
    }
    let of_phase = |name: &str| options.phases.as_ref().is_none_or(|named| named.iter().any(|n| n == name));
    let phases = plan.phases.iter().filter(|phase| of_phase(&phase.name));
    let tables: Vec<&str> = phases.flat_map(|phase| &phase.tables).map(|t| t.table.as_str()).collect();
    if let Some(unknown) = options.tables.iter().flatten().find(|name| !tables.contains(&name.as_str())) {
        let message = format!("there is no table \"{unknown}\" to back up");
        return Err(
            Error::new(Kind::UndefinedObject, message).hint(format!("the tables are: {}", tables.join(", ")))
        );
    }
    let named = |name: &&&str| options.tables.as_ref().is_none_or(|named| named.iter().any(|n| n == **name));
    let (mut chosen, mut errors): (Vec<Travel>, Vec<Error>) = (Vec::new(), Vec::new());
    for name in tables.iter().filter(named) {
        match travels.of(name) {
            Ok(travel) if chosen.iter().any(|c| c.table.id() == travel.table.id()) => {}
            Ok(travel) => chosen.push(travel),
            Err(error) => errors.push(error),
        }
    }
    if chosen.is_empty() && errors.is_empty() {
        return Err(Error::new(Kind::InvalidParameter, "there are no tables to back up"));
    }
    let lines: Vec<String> = errors.iter().map(|e| e.message.clone()).collect();
    let Some(mut error) = errors.into_iter().next() else { return Ok(chosen) };
    if lines.len() > 1 {
        error.detail = Some(lines.join("\n"));
    }
    if options.phases.is_none() && options.tables.is_none() {
        let hint = error.hint.map_or_else(String::new, |hint| format!("{hint}; "));
        error.hint = Some(format!("{hint}or name the phases or tables that are to be in the backup"));
    }
    Err(error)
}

/// What the backup says of itself.
fn made(s: &mut dyn Session) -> Result<Made> {
    let dialect = s.facts().dialect;
    let name = match dialect {
        Dialect::Postgres => "postgresql",
        Dialect::Sqlite => "sqlite",
    };
    let rows = s.query(&sql::server_version(dialect), &[])?;
    let version = first(&rows).and_then(Value::as_str).unwrap_or_default();
    Ok(Made {
        created_at: chrono::Utc::now().format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string(),
        database_version: format!("{name} {version}"),
        migration_package: migrations::complete_package(s)?,
    })
}

/// Writes the records of one table.
fn write(
    s: &mut dyn Session,
    travel: &Travel,
    exported_at: &str,
    archive: &mut ArchiveWriter,
    clock: &Progress,
) -> Result<BackupRow> {
    if travel.parent.is_none() && !planner::is_unique(&travel.table, &travel.external_id) {
        no_duplicates(s, travel)?;
    }
    let header = travel.header(exported_at);
    let statement = sql::backup_records(s.facts().dialect, travel, &header);
    let mut writer = archive.table(header)?;
    let types = [ColumnType::Text { max_chars: None }, ColumnType::Int8];
    let cursor = s.cursor_open(&statement, &[])?;
    let (mut records, mut rows) = (0, FIRST_FETCH);
    while let Some(batch) = s.cursor_fetch(cursor, &types, rows)? {
        s.check_interrupt()?;
        rows = next_fetch(rows, &batch);
        let columns = batch.columns();
        let texts = columns.first().and_then(|c| c.as_string_opt::<i32>());
        let misfits = columns.get(1).and_then(|c| c.as_primitive_opt::<Int64Type>());
        let (Some(texts), Some(misfits)) = (texts, misfits) else {
            return Err(Error::new(Kind::Internal, "records came as something else than text"));
        };
        if let Some(place) = misfits.iter().flatten().min() {
            s.cursor_close(cursor)?;
            return misfit(s, travel, place);
        }
        for text in texts {
            let text = text.ok_or_else(|| Error::new(Kind::Internal, "a record came as NULL"))?;
            // A line break can only stand between tokens: inside of a text it is escaped.
            writer.record(&text.replace(['\n', '\r'], " "))?;
        }
        records += count(batch.num_rows());
        clock.reached(s, "exporting", &travel.name, records);
    }
    s.cursor_close(cursor)?;
    clock.done(s, "exported", &travel.name, Some(records));
    let file = writer.finish(&mut || s.check_interrupt())?;
    Ok(BackupRow {
        table_name: travel.name.clone(),
        records: count(file.record_count),
        bytes: count(file.bytes),
        sha256: file.sha256,
    })
}

/// Errors: 21000 where rows share an external id.
fn no_duplicates(s: &mut dyn Session, travel: &Travel) -> Result<()> {
    let statement = sql::backup_duplicates(s.facts().dialect, travel);
    let Some((count, lines)) = examples(s, &statement, &travel.external_id)? else { return Ok(()) };
    Err(Error::new(
        Kind::DuplicateKey,
        format!("{count} rows of table \"{}\" share their external id", travel.name),
    )
    .detail(lines)
    .hint("a unique index over its columns would keep them apart"))
}

/// The error for rows of which one is a misfit: the one at this place of [`Misfit::all`].
fn misfit(s: &mut dyn Session, travel: &Travel, place: i64) -> Result<BackupRow> {
    let internal = || Error::new(Kind::Internal, "a row was a misfit, and is none any more");
    let place = usize::try_from(place).unwrap_or_default();
    let misfit = Misfit::all(travel).into_iter().nth(place).ok_or_else(internal)?;
    let statement = sql::backup_misfits(s.facts().dialect, travel, misfit);
    let (count, lines) = examples(s, &statement, &sql::shown_key(travel))?.ok_or_else(internal)?;
    let (rows, name) = (if count == 1 { "1 row".to_owned() } else { format!("{count} rows") }, &travel.name);
    let error = |kind, message: String| Error::new(kind, message).detail(lines);
    let late = |at: Option<usize>| at.and_then(|at| travel.late.get(at)).ok_or_else(internal);
    Err(match misfit {
        Misfit::NoId => error(
            Kind::NullValue,
            format!(
                "{rows} of table \"{name}\" with a NULL in the external id ({})",
                travel.external_id.join(", ")
            ),
        )
        .hint("give every row an external id"),
        Misfit::Namespaced => error(
            Kind::InvalidParameter,
            format!(
                "{rows} of table \"{name}\" with an external id that begins with the table's own namespace"
            ),
        )
        .hint("take the namespace off: it goes before the external id in backups alone"),
        Misfit::NoParent => {
            let late = late(travel.parent)?;
            let columns = late.columns.join(", ");
            error(
                Kind::NullValue,
                format!("{rows} of table \"{name}\" without a parent: \"{columns}\" is NULL"),
            )
            .hint(format!("details travel with the rows of \"{}\" that they belong to", late.parent_name))
        }
        Misfit::Dangling(at) => {
            let late = late(Some(at))?;
            let columns = late.columns.join(", ");
            error(
                Kind::MissingReference,
                format!("{rows} of table \"{name}\" whose \"{columns}\" leads to no row of \"{}\" that has an external id", late.parent_name),
            )
            .hint("mend the references, or set them to NULL")
        }
    })
}

/// What a query of wrong rows found: how many, and a line for each that it shows by these columns. None where
/// there are none.
fn examples(s: &mut dyn Session, statement: &Sql, columns: &[String]) -> Result<Option<(i64, String)>> {
    let rows = s.query(statement, &[])?;
    let line = |row: &Vec<Value>| {
        format!("({}) = ({})", columns.join(", "), shown(row.get(1..).unwrap_or_default()))
    };
    let lines: Vec<String> = rows.iter().map(line).collect();
    Ok(first(&rows).and_then(Value::as_int).map(|count| (count, lines.join("\n"))))
}
