//! Lines of text to a file.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::error::Result;

use super::{check_free, persist, system, temporary};

/// A text file being written. It appears under its name only when it is finished; dropped before
/// that, it leaves nothing.
#[derive(Debug)]
pub struct LinesExport {
    path: PathBuf,
    writer: BufWriter<NamedTempFile>,
    overwrite: bool,
    rows: u64,
}

impl LinesExport {
    /// Starts a file. Errors: 58P02 where there is one and `overwrite` is false, 42809 where there is
    /// something else, 58P01 where its folder does not exist, 58030.
    pub fn create(path: &Path, overwrite: bool) -> Result<Self> {
        check_free(path, overwrite)?;
        let writer = BufWriter::new(temporary(path)?);
        Ok(LinesExport { path: path.to_path_buf(), writer, overwrite, rows: 0 })
    }

    /// Adds a line. Errors: 58030.
    pub fn write(&mut self, line: &str) -> Result<()> {
        self.rows = self.rows.saturating_add(1);
        writeln!(self.writer, "{line}").map_err(|e| system(&self.path, &e))
    }

    /// Makes the file durable, gives it its name and returns its lines. Errors: 58P02, 58030.
    pub fn finish(self) -> Result<u64> {
        let LinesExport { path, writer, overwrite, rows } = self;
        let file = writer.into_inner().map_err(|e| system(&path, e.error()))?;
        persist(file, &path, overwrite)?;
        Ok(rows)
    }
}
