//! The core of cutover: everything that decides, and nothing that knows a database driver.
//!
//! Data flows `plan` -> `catalog` -> `source` -> `convert` -> `planner` -> `sql` -> `engine` ->
//! `report`. The core reaches a database only through the port [`session::Session`], which each
//! extension implements. The rejected alternatives: a planner that prints SQL for each extension
//! to run (each then grows a loop of its own), and an engine that decides while it executes
//! (which cannot be printed, nor tested without a database).

pub mod api;
pub mod authority;
pub mod backup;
pub mod catalog;
mod checksum;
pub mod convert;
pub mod cursor;
pub mod engine;
pub mod error;
mod explain;
pub mod export;
pub mod failpoint;
mod files;
pub mod migrations;
pub mod plan;
pub mod planner;
mod plans;
pub mod report;
pub mod running;
pub mod session;
pub mod source;
pub mod sql;
pub mod types;
pub mod value;
pub mod version;

/// The version of the core, and of both extensions: `major.minor.patch`.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

pub use error::{Error, Kind, Result};
