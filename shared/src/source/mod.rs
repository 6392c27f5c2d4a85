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
