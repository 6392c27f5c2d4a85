//! What migrations could lose, and the backup that is made of it first.

use std::path::Path;

use crate::api::{ExportBackupOptions, MigrationOptions};
use crate::catalog::RelName;
use crate::engine;
use crate::engine::state::{self, Stored};
use crate::error::{Error, Kind, Result};
use crate::session::{Level, Notice, Session};
use crate::sql;

use super::script::also;

/// Makes a backup before migration `number` where there are rows to lose, unless the call wants none.
///
/// Errors: 55000 where there are, and no folder for a backup or no plan that says what it holds; those of
/// `export_backup`.
pub(super) fn back_up(
    s: &mut dyn Session,
    stored: Option<&Stored>,
    options: &MigrationOptions,
    number: i64,
) -> Result<()> {
    if options.backup == Some(false) {
        return Ok(());
    }
    let Some(table) = with_rows(s, stored)? else { return Ok(()) };
    let error = |message: &str, hint: &str| {
        Err(Error::new(Kind::NotInState, message).detail(format!("Table \"{table}\" has rows.")).hint(hint))
    };
    match (stored, &options.backup_dir) {
        (None, _) => error(
            "no plan says what to back up before the migrations",
            "load a plan, or set \"backup\" to false",
        ),
        (Some(_), None) => error(
            "there are rows to lose, and no folder for a backup",
            "name a folder as \"backup_dir\", or set \"backup\" to false",
        ),
        (Some(_), Some(dir)) => write(s, dir, number),
    }
}

/// Writes the backup of a moment before migration `number`: into a file that stays whatever becomes of the call.
fn write(s: &mut dyn Session, dir: &str, number: i64) -> Result<()> {
    let time = chrono::Utc::now().format("%Y%m%dT%H%M%S%3fZ");
    let path = Path::new(dir).join(format!("before-{number:03}-{time}.tar.zst"));
    let path = path.to_string_lossy();
    engine::export_backup(s, &path, &ExportBackupOptions::default()).map_err(|error| {
        also(error, "This was met by the backup that is made before migrations.".to_owned())
    })?;
    s.notice(&Notice::new(Level::Info, format!("backup made: {path}")));
    Ok(())
}

/// A table that has rows: of the plan's, or of all where there is no plan.
fn with_rows(s: &mut dyn Session, stored: Option<&Stored>) -> Result<Option<String>> {
    let mut tables: Vec<RelName> = Vec::new();
    match stored {
        Some(stored) => {
            for phase in &stored.plan.phases {
                tables.extend(state::phase_tables(s, &phase.name)?);
            }
        }
        None => {
            let rows = s.query(&sql::user_tables(s.facts().dialect), &[])?;
            tables.extend(rows.iter().filter_map(|row| match row.as_slice() {
                [schema, name] => Some(RelName::new(schema.as_str(), name.as_str()?)),
                _ => None,
            }));
        }
    }
    for name in tables {
        // One of the plan may be gone.
        let Some(table) = s.find_table(&name)? else { continue };
        if !s.query(&sql::any_row(&table.schema, &table.name), &[])?.is_empty() {
            return Ok(Some(name.name));
        }
    }
    Ok(None)
}
