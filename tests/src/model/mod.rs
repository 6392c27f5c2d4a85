//! A second opinion on the engine: random schemas, plans, files and local edits, tried on both
//! databases and compared with what a plain reading of the rules says should have happened.
//!
//! `feed` delivers sources. `raw` is what proptest draws and shrinks: numbers without meaning. `read` gives them meaning, as
//! a `case` of tables, plan and steps. `oracle` (with `rules`, `compare` and `loss`) says what a step must
//! do, `drive` does it on a database and compares.

pub mod case;
mod compare;
pub mod cursor;
pub mod drive;
mod feed;
mod loss;
pub mod oracle;
pub mod raw;
mod read;
pub mod restage;
mod rules;
pub mod spell;

/// One value in canonical form (`canonical.rs`); None is NULL.
pub type Cell = Option<String>;
/// The values of a row, in the table's column order.
pub type Row = Vec<Cell>;
