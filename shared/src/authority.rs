//! Who owns a phase's data, and how those who do not are turned away. The words are the same
//! wherever a write is refused: by a run, and by the guard that stands on the table itself.

use crate::error::{Error, Kind};

/// Who owns the data of a phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authority {
    /// The source: imports run.
    Source,
    /// Nobody: imports run, nobody else may write.
    Frozen,
    /// This database: imports are refused.
    Local,
}

impl Authority {
    /// The name as the log has it.
    pub fn name(self) -> &'static str {
        match self {
            Authority::Source => "source",
            Authority::Frozen => "frozen",
            Authority::Local => "local",
        }
    }

    /// The state of this name.
    pub fn parse(name: &str) -> Option<Self> {
        [Authority::Source, Authority::Frozen, Authority::Local].into_iter().find(|a| a.name() == name)
    }
}

/// A phase is frozen, and somebody else than the engine writes its table (55000).
pub fn frozen(phase: &str, table: &str) -> Error {
    Error::new(Kind::NotInState, format!("phase \"{phase}\" is frozen; table \"{table}\" cannot be written"))
        .hint(format!("{} hands it over, {} gives it back", call("cutover_phase", phase), reopen(phase)))
}

/// A phase is live here, and something would import into it (55000).
pub fn live(phase: &str) -> Error {
    Error::new(Kind::NotInState, format!("phase \"{phase}\" is live here; imports are refused"))
        .hint(format!("{} gives it back to the source", reopen(phase)))
}

fn reopen(phase: &str) -> String {
    call("reopen_phase", phase)
}

/// A call as it is written in either database.
pub(crate) fn call(function: &str, phase: &str) -> String {
    format!("{function}('{}')", phase.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_known_by_its_name() {
        for authority in [Authority::Source, Authority::Frozen, Authority::Local] {
            assert_eq!(Authority::parse(authority.name()), Some(authority));
        }
        assert_eq!(Authority::parse("lokal"), None);
    }

    #[test]
    fn a_refusal_names_the_way_out_as_it_is_typed() {
        assert_eq!(
            frozen("bob's", "jobs").to_string(),
            "55000: phase \"bob's\" is frozen; table \"jobs\" cannot be written\n\
             HINT: cutover_phase('bob''s') hands it over, reopen_phase('bob''s') gives it back"
        );
    }
}
