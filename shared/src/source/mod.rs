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
mod thrift;

pub use files::{Relative, resolve};
pub use parquet::{ParquetSource, SourceBatch, SourceColumn};

use crate::error::Result;

/// Rows that come from files, whatever is in those.
pub trait RowSource: Send {
    /// The columns of the first file, in its order.
    fn columns(&self) -> &[SourceColumn];

    /// Reads only these columns, in this order, from the first row on. Errors: 42703, 42701.
    fn project(&mut self, names: &[&str]) -> Result<()>;

    /// The next rows; None at the end. After an error there are no more rows.
    fn next(&mut self) -> Result<Option<SourceBatch>>;
}
