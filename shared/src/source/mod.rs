//! Files to Arrow batches: which files a source names, and the rows in them.
//!
//! A file is hostile until shown otherwise: `guard` and `delta` check every size that a file
//! claims before anything is allocated by it, and `decode` keeps the decoder's panics inside.

mod decode;
mod delta;
mod file;
pub mod files;
mod guard;
mod input;
mod natural;
mod pages;
mod parquet;
mod statistics;
mod thrift;

pub use files::{Relative, resolve};
pub use parquet::{ParquetSource, SourceBatch, SourceColumn};

use arrow::array::ArrayRef;

use crate::error::Result;

/// Tells of the greatest value in each of several parts of a column (as the source has it, NULL where
/// it is not known) which parts may be left out.
pub struct Skips(pub Box<SkipRule>);

type SkipRule = dyn Fn(&ArrayRef) -> Vec<bool> + Send;

impl std::fmt::Debug for Skips {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Skips")
    }
}

/// Rows that come from files, whatever is in those.
pub trait RowSource: Send {
    /// The columns of the first file, in its order.
    fn columns(&self) -> &[SourceColumn];

    /// Reads only these columns, in this order, from the first row on. Errors: 42703, 42701.
    fn project(&mut self, names: &[&str]) -> Result<()>;

    /// Leaves out what `skips` says of its greatest value in `column`, where the source knows the
    /// greatest values of its parts for sure, and that no NULL is among them. Rows are left out in
    /// whole parts: those that come may still be without interest. Call it after `project`.
    fn narrow(&mut self, _column: &str, _skips: Skips) {}

    /// How many row groups were read so far, and how many were left out.
    fn row_groups(&self) -> (usize, usize) {
        (0, 0)
    }

    /// The next rows; None at the end. After an error there are no more rows.
    fn next(&mut self) -> Result<Option<SourceBatch>>;
}
