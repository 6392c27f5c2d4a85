//! What is recorded of migrations: those that were applied, and those that were seen and not applied.

use std::collections::BTreeMap;

use crate::VERSION;
use crate::error::Result;
use crate::session::Session;
use crate::sql;
use crate::value::Value;

use super::files::{File, Script};

/// A migration that was applied.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Applied {
    pub name: String,
    pub checksum: String,
    /// The package that its number was in then.
    pub package: Option<String>,
    /// UTC, `2026-01-31 05:00:00.000Z`.
    pub at: String,
}

/// All that is recorded, by number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Seen {
    pub applied: BTreeMap<i64, Applied>,
    /// The names of those that the last `apply_migrations` left: manual ones, and those out of its range.
    pub pending: BTreeMap<i64, String>,
}

/// Reads the records. The tables must be there.
pub(super) fn seen(s: &mut dyn Session) -> Result<Seen> {
    let dialect = s.facts().dialect;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let applied = s.query(&sql::applied_migrations(dialect), &[])?;
    let applied = applied.iter().filter_map(|row| match row.as_slice() {
        [number, name, checksum, package, at] => {
            let package = package.as_str().map(str::to_owned);
            let (name, checksum, at) = (text(name), text(checksum), text(at));
            Some((number.as_int()?, Applied { name, checksum, package, at }))
        }
        _ => None,
    });
    let applied = applied.collect();
    let pending = s.query(&sql::pending_migrations(dialect), &[])?;
    let pending = pending.iter().filter_map(|row| match row.as_slice() {
        [number, name] => Some((number.as_int()?, text(name))),
        _ => None,
    });
    Ok(Seen { applied, pending: pending.collect() })
}

/// Records a migration that has just run.
pub(super) fn keep(
    s: &mut dyn Session,
    file: &File,
    script: &Script,
    package: Option<&String>,
    elapsed_ms: i64,
) -> Result<()> {
    let (dialect, role) = (s.facts().dialect, s.facts().role.clone());
    let args = [
        file.number.into(),
        file.name.as_str().into(),
        script.checksum.as_str().into(),
        package.cloned().into(),
        role.into(),
        elapsed_ms.into(),
        VERSION.into(),
    ];
    s.execute(&sql::insert_migration(dialect), &args).map(|_| ())
}

/// Records what was seen and not applied, where that is not what is recorded.
pub(super) fn keep_pending(
    s: &mut dyn Session,
    before: &BTreeMap<i64, String>,
    now: &BTreeMap<i64, String>,
) -> Result<()> {
    if before == now {
        return Ok(());
    }
    let dialect = s.facts().dialect;
    s.execute(&sql::clear_pending(dialect), &[])?;
    for (number, name) in now {
        s.execute(&sql::insert_pending(dialect), &[(*number).into(), name.as_str().into()])?;
    }
    Ok(())
}
