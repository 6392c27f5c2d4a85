//! A run, step by step: a short loop over the port that does what the planner decided.
//!
//! `prepare` finds tables and sources and makes the tasks, `stage` fills staging (`ahead` reads on a second thread), `check` refuses
//! rows, `cursor` decides how much is read and `cut` leaves out the rest, `restage` stages quarantined rows again and `replay` nothing but those, `compare` makes the change set, `guard` looks at it, `early` finds what must go first,
//! `apply` writes it and `log` keeps what happened. `phase` is what users call: one phase, several, all, or as a job.

mod ahead;
mod apply;
mod check;
mod compare;
mod cursor;
mod cut;
mod early;
mod entries;
mod guard;
mod log;
mod phase;
mod prepare;
mod replay;
mod restage;
mod run;
mod stage;
pub(crate) mod state;

pub(crate) use phase::Kind as RunKind;
pub use phase::{sync_all, sync_job, sync_phase, sync_phases};
pub(crate) use prepare::{Input, Prepared, open_source, prepare};
pub use replay::replay_quarantine;
pub(crate) use run::{Request, report, run, warn};
pub(crate) use stage::{load, stage};
