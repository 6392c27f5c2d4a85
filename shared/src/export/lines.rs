//! Lines of text to a file.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::error::Result;

use super::{persist, system, temporary};

/// A text file being written. It appears under its name only when it is finished; dropped before
/// that, it leaves nothing. It takes the place of a file of its name.
#[derive(Debug)]
pub struct LinesExport {
    path: PathBuf,
    writer: BufWriter<NamedTempFile>,
    rows: u64,
}

impl LinesExport {
    /// Starts a file. Errors: 58P01 where its folder does not exist, 58030.
    pub fn create(path: &Path) -> Result<Self> {
        let writer = BufWriter::new(temporary(path)?);
        Ok(LinesExport { path: path.to_path_buf(), writer, rows: 0 })
    }

    /// Adds a line. Errors: 58030.
    pub fn write(&mut self, line: &str) -> Result<()> {
        self.rows = self.rows.saturating_add(1);
        writeln!(self.writer, "{line}").map_err(|e| system(&self.path, &e))
    }

    /// Makes the file durable, gives it its name and returns its lines. Errors: 58030.
    pub fn finish(self) -> Result<u64> {
        let LinesExport { path, writer, rows } = self;
        let file = writer.into_inner().map_err(|e| system(&path, e.error()))?;
        persist(file, &path, true)?;
        Ok(rows)
    }
}
