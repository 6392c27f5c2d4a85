//! Who owns a phase: freezing it, giving it back, and putting its guards right.

use crate::authority::{self, Authority};
use crate::catalog::Table;
use crate::error::{Error, Kind, Result};
use crate::failpoint;
use crate::session::{Level, Notice, Session};
use crate::sql;
use crate::value::Value;

use super::{changes, phase, prepare, state, triggers};

/// Freezes a phase: from the end of the transaction on, nobody but the engine writes its tables.
/// Answers what came of it, in a sentence.
///
/// Errors: 25006 read-only, 42704 no such phase, 55P03 it is busy or its tables are being written,
/// 55000 it is live here, 42501 a table of somebody else, 0A000 a foreign table or one outside SQLite's
/// main database.
pub fn freeze_phase(s: &mut dyn Session, phase: &str) -> Result<String> {
    let held = Held::take(s, phase, "freeze a phase")?;
    match held.authority {
        Authority::Local => Err(Error::new(Kind::NotInState, format!("phase \"{phase}\" is live here"))
            .hint(format!("{} gives it back to the source", authority::call("reopen_phase", phase)))),
        Authority::Frozen => Ok(unchanged(s, phase, Authority::Frozen)),
        Authority::Source => {
            held.become_state(s, Authority::Frozen, None)?;
            Ok(format!("phase \"{phase}\" is frozen: nobody but cutover writes its tables"))
        }
    }
}

/// Gives a phase back to its source. Answers what came of it, in a sentence.
///
/// Errors: 25006 read-only, 42704 no such phase, 55P03 it is busy or its tables are being read or
/// written, 55000 changes made here were not acknowledged.
pub fn reopen_phase(s: &mut dyn Session, phase: &str) -> Result<String> {
    let held = Held::take(s, phase, "reopen a phase")?;
    if held.authority == Authority::Source {
        return Ok(unchanged(s, phase, Authority::Source));
    }
    let pending = changes::unacknowledged(s, phase)?;
    if pending > 0 {
        return Err(Error::new(
            Kind::NotInState,
            format!("phase \"{phase}\" has {pending} changes that were not acknowledged"),
        )
        .hint("export and acknowledge them, or the next import may undo them"));
    }
    held.become_state(s, Authority::Source, None)?;
    Ok(format!("phase \"{phase}\" belongs to its source again"))
}

/// Puts the triggers of a phase's tables right. Answers what was done, in a sentence.
///
/// Errors: 25006 read-only, 42704 no such phase, 55P03 it is busy or its tables are being written,
/// 42501 a table of somebody else.
pub fn repair_guards(s: &mut dyn Session, phase: &str) -> Result<String> {
    let held = Held::take(s, phase, "repair guards")?;
    let count = triggers::settle(s, phase, held.authority, &held.tables)?;
    Ok(match count {
        0 => format!("the guards of phase \"{phase}\" were in order"),
        count => format!("{count} guards of phase \"{phase}\" were put right"),
    })
}

/// Tells that there was nothing to do.
fn unchanged(s: &mut dyn Session, phase: &str, authority: Authority) -> String {
    let what = match authority {
        Authority::Source => "belongs to its source",
        Authority::Frozen => "is frozen",
        Authority::Local => "is live here",
    };
    let message = format!("phase \"{phase}\" {what} already");
    s.notice(&Notice::new(Level::Info, message.as_str()));
    message
}

/// A phase that is locked, with its tables, for a change of authority.
pub(super) struct Held<'a> {
    phase: &'a str,
    pub authority: Authority,
    tables: Vec<Table>,
}

impl<'a> Held<'a> {
    /// Takes the phase and locks its tables against other writers; `purpose` is what a read-only
    /// transaction cannot do.
    pub fn take(s: &mut dyn Session, phase: &'a str, purpose: &str) -> Result<Held<'a>> {
        if s.facts().read_only {
            return Err(Error::new(Kind::ReadOnly, format!("cannot {purpose} in a read-only transaction")));
        }
        let stored = state::plan(s)?;
        phase::lock(s, phase)?;
        let planned = stored.phase(phase)?;
        let names = state::phase_tables(s, phase)?;
        let tables = prepare::find_tables(s, &planned.tables, &names)?;
        s.begin_write(&tables.iter().collect::<Vec<_>>())?;
        // SQLite had no lock until now.
        if state::plan(s)?.plan_id != stored.plan_id {
            return Err(
                Error::new(Kind::Serialization, "another plan was loaded meanwhile").hint("try again")
            );
        }
        Ok(Held { phase, authority: state::authority(s, phase)?, tables })
    }

    /// Changes the phase's authority, its tables' triggers with it, and keeps who did, when, and in
    /// which run.
    pub fn become_state(&self, s: &mut dyn Session, authority: Authority, run_id: Option<i64>) -> Result<()> {
        triggers::settle(s, self.phase, authority, &self.tables)?;
        failpoint::passed("settled the triggers");
        let (dialect, role) = (s.facts().dialect, s.facts().role.clone());
        s.execute(&sql::set_authority(dialect), &[authority.name().into(), self.phase.into()])?;
        let args: [Value; 5] = [
            self.phase.into(),
            self.authority.name().into(),
            authority.name().into(),
            role.into(),
            run_id.into(),
        ];
        s.execute(&sql::log_authority(dialect), &args)?;
        failpoint::passed("changed the authority");
        Ok(())
    }
}
