//! Tests that drive cutover the way its users do: through `psql` and `sqlite3`, as processes.
//!
//! This crate depends on neither extension; what it runs is what `make` left in `dist/`, save for
//! [`failpoints`].

#![allow(clippy::missing_panics_doc)]

pub mod all_types;
pub mod archives;
pub mod backups;
pub mod calls;
pub mod canonical;
pub mod client;
pub mod days;
pub mod failpoints;
pub mod files;
pub mod hostile;
pub mod in_use;
pub mod model;
pub mod place;
pub mod postgres;
pub mod process;
pub mod random;
pub mod reports;
pub mod scenario;
pub mod steps;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The two databases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Db {
    Postgres,
    Sqlite,
}

impl Db {
    /// Its name in file names and in the steps of a scenario.
    pub fn name(self) -> &'static str {
        match self {
            Db::Postgres => "postgres",
            Db::Sqlite => "sqlite",
        }
    }
}

/// The top folder of the repository.
pub fn home() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

static DIST: OnceLock<PathBuf> = OnceLock::new();

/// The folder of the extensions that this process tests.
pub fn dist() -> &'static Path {
    DIST.get_or_init(|| home().join("dist"))
}
