//! Migrations: the statements of numbered files, each file run once, all that are due in one transaction.
//!
//! `files` reads the folder, `script` takes a file apart (`refused` says what none may hold), `packages` are
//! ranges of numbers, `loss` makes a backup first, `keys` looks after SQLite's foreign keys, `apply` runs what is
//! due and `records` keeps what ran.

mod apply;
mod files;
mod keys;
mod loss;
mod packages;
mod records;
mod refused;
mod script;
mod status;

pub use apply::apply_migrations;
pub(crate) use packages::check_phase;
pub use packages::complete_package;
pub use status::migration_status;
