//! Every migration with its state.

use std::collections::BTreeMap;

use crate::engine::state;
use crate::error::Result;
use crate::report::MigrationStatusRow;
use crate::session::Session;

use super::files::{self, File, Script};
use super::packages::package_of;
use super::records::{self, Applied, Seen};

/// The migrations in a folder, and those that ran and are no longer there, by number.
///
/// Errors: those of reading the folder.
pub fn migration_status(s: &mut dyn Session, dir: &str) -> Result<Vec<MigrationStatusRow>> {
    let list = files::list(s.facts(), dir)?;
    let packages = state::find_plan(s)?.map(|stored| stored.plan.packages).unwrap_or_default();
    let seen = if state::catalog(s)? { records::seen(s)? } else { Seen::default() };
    let mut rows = BTreeMap::new();
    for file in &list {
        let script = files::read(file)?;
        rows.insert(file.number, of_file(file, &script, seen.applied.get(&file.number)));
    }
    for (number, applied) in &seen.applied {
        rows.entry(*number).or_insert_with(|| row(*number, &applied.name, "missing", Some(applied)));
    }
    let in_package = |mut row: MigrationStatusRow| {
        row.package = package_of(&packages, row.number).cloned().or(row.package);
        row
    };
    Ok(rows.into_values().map(in_package).collect())
}

fn of_file(file: &File, script: &Script, applied: Option<&Applied>) -> MigrationStatusRow {
    let state = match applied {
        Some(applied) if applied.checksum == script.checksum => "applied",
        Some(_) => "changed",
        None if script.manual => "manual",
        None => "pending",
    };
    let mut row = row(file.number, &file.name, state, applied);
    row.checksum = applied.map_or(script.checksum.clone(), |applied| applied.checksum.clone());
    row
}

fn row(number: i64, name: &str, state: &str, applied: Option<&Applied>) -> MigrationStatusRow {
    MigrationStatusRow {
        number,
        name: name.to_owned(),
        package: applied.and_then(|a| a.package.clone()),
        state: state.to_owned(),
        applied_at: applied.map(|a| a.at.clone()),
        checksum: applied.map(|a| a.checksum.clone()).unwrap_or_default(),
    }
}
