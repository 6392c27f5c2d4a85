//! Parquet files as one stream of Arrow batches.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::datatypes::DataType;
use arrow::record_batch::RecordBatch;

use crate::error::{Error, Kind, Result};
use crate::types::ColumnType;

/// A column of a source, as its first file has it.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceColumn {
    pub name: String,
    pub data_type: DataType,
    /// How Parquet spells the type: `INT64 / Timestamp(us, UTC)`.
    pub parquet_type: String,
    /// The column type that holds every value of it.
    pub natural: ColumnType,
    pub nullable: bool,
}

/// Rows of one file.
#[derive(Debug, Clone)]
pub struct SourceBatch {
    pub file: Arc<Path>,
    /// The place of the batch's first row within the file, from 0.
    pub first_row: u64,
    /// The projected columns, in order. The types are those of this file.
    pub batch: RecordBatch,
}

/// Parquet files, read one after the other.
#[derive(Debug)]
pub struct ParquetSource {
    columns: Vec<SourceColumn>,
}

impl ParquetSource {
    /// Opens the files and reads their footers.
    ///
    /// Errors: 22P04 for a file that is not valid Parquet, 54000 for one beyond our limits, 0A000
    /// for an encrypted one, 42701 for two columns of one name.
    pub fn open(_files: Vec<PathBuf>) -> Result<Self> {
        Err(Error::new(Kind::Internal, "not built yet"))
    }

    /// The columns of the first file, in its order.
    pub fn columns(&self) -> &[SourceColumn] {
        &self.columns
    }

    /// How many rows the footers of all files promise.
    pub fn total_rows(&self) -> u64 {
        0
    }

    /// Reads only these columns, in this order. Errors: 42703 naming the file that lacks one.
    pub fn project(&mut self, _names: &[&str]) -> Result<()> {
        Err(Error::new(Kind::Internal, "not built yet"))
    }

    /// The next rows, or None at the end.
    ///
    /// Errors: 22P04, 54000 as in [`ParquetSource::open`], 22021 for nested text that is not
    /// UTF-8, 55000 for a file that changed while it was read.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Result<Option<SourceBatch>> {
        Err(Error::new(Kind::Internal, "not built yet"))
    }
}
