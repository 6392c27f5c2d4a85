//! A run, step by step: a short loop over the port that does what the planner decided.
//!
//! `prepare` finds tables and sources and makes the tasks, `cursor` decides how much of them is read.
//! `stage` fills staging (`ahead` reads on a second thread, `cut` leaves out what is before a cursor's
//! bound, `faults` sets aside what does not fit); `restage` stages quarantined rows again (`entries`),
//! and `replay` nothing but those. `keys` and `check` refuse rows, `compare` makes the change set,
//! `local` looks at rows that are local here, `guard` looks at it, `early` finds what must go first,
//! `apply` writes it and `log` keeps what happened. `phase` is what users call: one phase, several, all, or as a job.

mod ahead;
mod apply;
mod check;
mod compare;
mod cursor;
mod cut;
mod deferred;
mod early;
mod entries;
mod faults;
mod guard;
mod keys;
mod late;
mod local;
mod log;
mod park;
mod phase;
mod prepare;
mod replay;
mod restage;
mod retain;
mod rewrite;
mod run;
mod stage;
pub(crate) mod state;
mod unique;

pub(crate) use phase::Kind as RunKind;
pub use phase::{sync_all, sync_job, sync_phase, sync_phases};
pub(crate) use prepare::{Input, Prepared, open_source, prepare};
pub use replay::replay_quarantine;
pub(crate) use retain::{incoming, writers};
pub(crate) use run::{Request, report, run, warn};
pub(crate) use stage::{load, stage};
