//! A second opinion on the engine: random schemas, plans, files and local edits, tried on both
//! databases and compared with what a plain reading of the rules says should have happened.
//!
//! `raw` is what proptest draws and shrinks: numbers without meaning. `read` and `steps` give them meaning, as a
//! `case` of tables, plan and steps. `oracle` (with `rules`, `compare`, `loss`, `lookup` and `stub`) says
//! what a step must do. `drive` does it on both databases, each a `side`, and compares; `feed` delivers
//! sources, `replay` tries what was refused again, and `reach` tells what a case has shown.

pub mod case;
mod compare;
pub mod cursor;
pub mod drive;
mod feed;
mod lookup;
mod loss;
pub mod oracle;
pub mod raw;
pub mod reach;
mod read;
mod replay;
pub mod restage;
mod rules;
pub mod side;
pub mod spell;
mod steps;
mod stub;

/// One value in canonical form (`canonical.rs`); None is NULL.
pub type Cell = Option<String>;
/// The values of a row, in the table's column order.
pub type Row = Vec<Cell>;
