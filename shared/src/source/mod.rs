//! Files to Arrow batches: which files a source names, and the rows in them.
//!
//! A file is hostile until shown otherwise. [`guard`] checks every size that a file claims before
//! anything is allocated by it, and [`parquet`] keeps panics of the decoder inside.

pub mod files;
mod parquet;

pub use files::{Relative, resolve};
pub use parquet::{ParquetSource, SourceBatch, SourceColumn};
