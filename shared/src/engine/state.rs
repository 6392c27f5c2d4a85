//! What is stored of plan and phases: the plan in force, and who owns what.

use crate::authority::{self, Authority};
use crate::catalog::RelName;
use crate::error::{Error, Kind, Result};
use crate::plan::{self, Phase, Plan};
use crate::session::{Dialect, Session};
use crate::sql;
use crate::value::{Value, first};
use crate::{VERSION, version};

/// The plan in force, by its number.
pub(crate) struct Stored {
    pub plan_id: i64,
    pub document: String,
    pub plan: Plan,
}

impl Stored {
    /// A phase of the plan. Errors: 42704 no such phase.
    pub fn phase(&self, name: &str) -> Result<&Phase> {
        self.plan.phase(name).ok_or_else(|| no_phase(name))
    }

    /// Makes sure that it still is in force. Errors: 55000.
    pub fn still(&self, s: &mut dyn Session) -> Result<()> {
        if plan(s)?.plan_id == self.plan_id {
            return Ok(());
        }
        Err(Error::new(Kind::NotInState, "another plan was loaded while the run was under way"))
    }
}

/// One phase as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PhaseState {
    pub phase: String,
    pub authority: Authority,
    pub synced: bool,
}

/// Whether cutover's tables are there, in this library's version. SQLite's are made by the first
/// `load_plan`, and brought to this version by the first call that may write; PostgreSQL's are the
/// extension's, whose version the session has looked at.
///
/// Errors: 55000 where they are newer, or older and the call may not write.
pub(crate) fn catalog(s: &mut dyn Session) -> Result<bool> {
    let dialect = s.facts().dialect;
    if dialect == Dialect::Postgres {
        return Ok(true);
    }
    let [exists, version] = sql::catalog_version();
    if !first(&s.query(&exists, &[])?).is_some_and(Value::is_true) {
        return Ok(false);
    }
    let read = |s: &mut dyn Session| -> Result<String> {
        let rows = s.query(&version, &[])?;
        Ok(first(&rows).and_then(Value::as_str).unwrap_or_default().to_owned())
    };
    let mut found = read(s)?;
    if found == VERSION {
        return Ok(true);
    }
    if !s.facts().read_only {
        // Another connection may have upgraded them until we got the lock.
        s.begin_write(&[])?;
        found = read(s)?;
    }
    let statements = sql::upgrade_catalog(&found, VERSION).filter(|_| !s.facts().read_only);
    let Some(statements) = statements else { return Err(version::differ(dialect, &found)) };
    for statement in statements.iter().chain(&sql::keep_catalog_version(VERSION)) {
        s.execute(statement, &[])?;
    }
    Ok(true)
}

/// Makes SQLite's tables.
pub(crate) fn create_catalog(s: &mut dyn Session) -> Result<()> {
    for statement in sql::create_catalog().chain(sql::keep_catalog_version(VERSION)) {
        s.execute(&statement, &[])?;
    }
    Ok(())
}

/// The plan in force; None where none was ever loaded.
pub(crate) fn find_plan(s: &mut dyn Session) -> Result<Option<Stored>> {
    if !catalog(s)? {
        return Ok(None);
    }
    let dialect = s.facts().dialect;
    let rows = s.query(&sql::current_plan(dialect), &[])?;
    let (plan_id, document) = match rows.first().map(Vec::as_slice) {
        Some([id, document]) => {
            (id.as_int().unwrap_or_default(), document.as_str().unwrap_or_default().to_owned())
        }
        _ => return Ok(None),
    };
    let plan = plan::parse(&document)?;
    Ok(Some(Stored { plan_id, document, plan }))
}

/// The plan in force. Errors: 55000 where none was loaded.
pub(crate) fn plan(s: &mut dyn Session) -> Result<Stored> {
    find_plan(s)?
        .ok_or_else(|| Error::new(Kind::NotInState, "no plan is loaded").hint("load one with load_plan"))
}

/// The phases of the plan in force, in plan order.
pub(crate) fn phases(s: &mut dyn Session) -> Result<Vec<PhaseState>> {
    let dialect = s.facts().dialect;
    let rows = s.query(&sql::phase_states(dialect), &[])?;
    let states = rows.iter().filter_map(|row| match row.as_slice() {
        [phase, authority, synced] => Some(PhaseState {
            phase: phase.as_str()?.to_owned(),
            authority: Authority::parse(authority.as_str()?)?,
            synced: synced.is_true(),
        }),
        _ => None,
    });
    Ok(states.collect())
}

/// Who owns a phase now. Errors: 42704 no such phase.
pub(crate) fn authority(s: &mut dyn Session, phase: &str) -> Result<Authority> {
    let own = phases(s)?.into_iter().find(|p| p.phase == phase);
    own.map(|p| p.authority).ok_or_else(|| no_phase(phase))
}

/// The tables of a phase as `load_plan` found them, in plan order.
pub(crate) fn phase_tables(s: &mut dyn Session, phase: &str) -> Result<Vec<RelName>> {
    let dialect = s.facts().dialect;
    let rows = s.query(&sql::phase_tables(dialect), &[phase.into()])?;
    let names = rows.iter().filter_map(|row| match row.as_slice() {
        [schema, name] => Some(RelName::new(schema.as_str(), name.as_str()?)),
        _ => None,
    });
    Ok(names.collect())
}

/// The phase that a table belongs to, and who owns it; None where it belongs to none.
pub(crate) fn owner(s: &mut dyn Session, schema: &str, name: &str) -> Result<Option<(String, Authority)>> {
    if !catalog(s)? {
        return Ok(None);
    }
    let rows = s.query(&sql::owner_of(s.facts().dialect), &[schema.into(), name.into()])?;
    Ok(rows.first().and_then(|row| match row.as_slice() {
        [phase, authority] => Some((phase.as_str()?.to_owned(), Authority::parse(authority.as_str()?)?)),
        _ => None,
    }))
}

/// Refuses to write a table whose phase is live here. Errors: 55000.
pub(crate) fn check_owner(s: &mut dyn Session, schema: &str, name: &str) -> Result<()> {
    match owner(s, schema, name)? {
        Some((phase, Authority::Local)) => Err(authority::live(&phase)),
        _ => Ok(()),
    }
}

/// Refuses to write a table otherwise than by its phase's own runs, where that is frozen or live
/// here. Errors: 55000.
pub(crate) fn check_open(s: &mut dyn Session, schema: &str, name: &str) -> Result<()> {
    match owner(s, schema, name)? {
        Some((phase, Authority::Local)) => Err(authority::live(&phase)),
        Some((phase, Authority::Frozen)) => Err(authority::frozen(&phase, name)),
        _ => Ok(()),
    }
}

/// There is no such phase (42704).
pub(crate) fn no_phase(phase: &str) -> Error {
    Error::new(Kind::UndefinedObject, format!("there is no phase \"{phase}\" in the plan"))
}
