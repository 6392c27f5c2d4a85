//! Backups as files: one tar archive of an index and one JSON file per table, plain, or compressed by
//! gzip or zstd. Nothing here needs a database.
//!
//! The index is the first entry, `backup-index.json` ([`Index`]); then the tables follow in the order in
//! which they were exported, each a JSON object: what [`TableHeader`] says, then its `records`, one on
//! each line. A record has a key for each of the header's columns, `_late_NAME` for each reference and
//! `_parent_NAME` for a detail's parent: see [`TableHeader::keys`].
//!
//! Records are read as those of any other JSON file are: by the parser of JSON sources.

mod check;
mod document;
mod entries;
mod name;
mod reader;
mod source;
mod stream;
mod writer;

pub use document::{FORMAT_VERSION, INDEX, Index, Reference, TableFile, TableHeader};
pub use reader::Archive;
pub use source::{ArchiveSource, Field};
pub use writer::{ArchiveWriter, Made, TableWriter};

use crate::error::Result;

/// What is called now and then; its error ends the reading or writing.
pub type Pulse<'p> = &'p mut dyn FnMut() -> Result<()>;

#[cfg(test)]
mod tests;
