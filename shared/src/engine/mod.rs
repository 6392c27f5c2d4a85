//! A run, step by step: a short loop over the port that does what the planner decided.
//!
//! `prepare` finds tables, opens sources (`input`, `documents`) and makes the tasks, `owners` knows the plan's other tables, `cursor` decides how much of them is read (`marks` are how far it has come, by group).
//! `stage` fills staging (`ahead` reads on a second thread, `cut` leaves out what is before a cursor's bound, `faults` and `misfits` set
//! aside what does not fit); `scope` keeps what documents speak of without rows; `restage` stages quarantined rows again (`entries`), and `replay` nothing but those.
//! `assign` leaves out what a restore does not take, and gives the rest the keys they have here; `lookup` fills what is looked up, `keys`, `check` and `unique` refuse rows, `compare` makes the change set,
//! `local` looks at rows that are local here, `retain` and `stub` at those that must stay, `guard` at all of it, `early`, `park` and `late` find what must be written apart,
//! `rights` says as whom, `apply` writes it, `derive` narrows what is computed of other tables, `snapshot` takes down rows that became what the plan waits for, and `log` keeps what happened, `raw` what was read. `checks` are the plan's own, `verify` stops after comparing, `progress` is the clock. `phase` is what users call: one phase, several, all, or as a job.
//!
//! `authority` changes who owns a phase, `cutover` hands it over after a last run, `triggers` are what enforces it on the
//! tables, `others` spares the tables of other phases, `changes` is what a phase that is live here has not given back.
//! `travel` finds what goes into a backup and how, `backup` writes it.

mod ahead;
mod apply;
mod assign;
mod authority;
mod backup;
pub(crate) mod changes;
mod check;
pub(crate) mod checks;
mod compare;
mod cursor;
mod cut;
mod cutover;
mod deferred;
mod derive;
mod documents;
mod early;
mod entries;
mod faults;
mod foreign;
mod guard;
mod input;
mod keys;
mod late;
mod local;
mod log;
mod lookup;
mod marks;
mod misfits;
mod others;
mod outcome;
pub(crate) mod owners;
mod park;
mod phase;
mod prepare;
pub(crate) mod progress;
mod push;
mod raw;
mod replay;
mod restage;
mod restore;
mod retain;
mod rewrite;
pub(crate) mod rights;
mod rows;
mod run;
mod scope;
pub(crate) mod snapshot;
mod stage;
pub(crate) mod state;
pub(crate) mod stub;
pub(crate) mod travel;
pub(crate) mod triggers;
mod unique;
mod verify;

pub(crate) use apply::inserting;
pub use authority::{freeze_phase, reopen_phase, repair_guards};
pub use backup::export_backup;
pub use changes::{acknowledge_changes, export_changes};
pub use checks::validate_phase;
pub use cutover::{cutover_phase, cutover_phases};
pub(crate) use input::{Input, Reader, absent, may_read_at, open_source};
pub(crate) use log::now;
pub(crate) use lookup::search;
pub(crate) use outcome::report;
pub(crate) use phase::Kind as RunKind;
pub use phase::{sync_all, sync_job, sync_phase, sync_phases};
pub(crate) use prepare::{Prepared, find_tables, prepare};
pub use push::push_changes;
pub use replay::replay_quarantine;
pub use restore::import_backup;
pub(crate) use retain::writers;
pub(crate) use run::{Request, millis, run, warn};
pub use snapshot::take_snapshot;
pub(crate) use stage::{Course, all_written, load, stage};
pub(crate) use triggers::as_engine;
pub use verify::verify_phase;
