//! Arrow batches to a Parquet file.

use std::path::Path;

use arrow::record_batch::RecordBatch;

use crate::error::{Error, Kind, Result};
use crate::types::ColumnType;

/// A Parquet file being written. It appears under its name only when it is finished; dropped
/// before that, it leaves nothing.
#[derive(Debug)]
pub struct ParquetExport {}

impl ParquetExport {
    /// Starts a file with these columns beside its final place.
    ///
    /// Errors: 58P02 where `path` exists and `overwrite` is false, 58P01 where its folder does
    /// not, 42701 for two columns of one name, 58030 for the operating system's errors.
    pub fn create(_path: &Path, _overwrite: bool, _columns: &[(String, ColumnType)]) -> Result<Self> {
        Err(Error::new(Kind::Internal, "not built yet"))
    }

    /// Adds rows: as many columns as declared, of the types of [`ColumnType::arrow`].
    pub fn write(&mut self, _batch: &RecordBatch) -> Result<()> {
        Err(Error::new(Kind::Internal, "not built yet"))
    }

    /// Makes the file durable, gives it its name and returns its rows.
    pub fn finish(self) -> Result<u64> {
        Err(Error::new(Kind::Internal, "not built yet"))
    }
}
