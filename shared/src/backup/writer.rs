//! Writing an archive.

use std::path::{Path, PathBuf};

use super::document::{Index, TableFile, TableHeader};
use crate::error::{Error, Kind, Result};

/// An archive being written. It appears under its name only when it is finished; dropped before that,
/// it leaves nothing.
#[derive(Debug)]
pub struct ArchiveWriter {
    path: PathBuf,
}

/// What an export says of itself in the index: see the fields of [`Index`].
#[derive(Debug, Clone)]
pub struct Made {
    pub created_at: String,
    pub database_version: String,
    pub migration_package: Option<String>,
}

/// The file of one table, being written. Dropped before it is finished, the archive is of no use.
#[derive(Debug)]
pub struct TableWriter<'a> {
    archive: &'a mut ArchiveWriter,
    header: TableHeader,
}

impl ArchiveWriter {
    /// Starts an archive, compressed as its name ends: `.tar`, `.tar.gz`, `.tgz`, `.tar.zst`.
    ///
    /// Errors: 22023 for another ending, 58P02 where `path` exists and `overwrite` is false, 58P01
    /// where its folder does not exist, 42809 where `path` is no regular file, 58030.
    pub fn create(path: &Path, overwrite: bool) -> Result<Self> {
        let _ = overwrite;
        Ok(ArchiveWriter { path: path.to_path_buf() })
    }

    /// Starts a table's file. `version` and `record_count` of the header are set here.
    ///
    /// Errors: 42710 for a table that is in the archive already, 42701 for two keys of one name (see
    /// [`TableHeader::keys`]), 54000 for a header beyond what is read.
    pub fn table(&mut self, header: TableHeader) -> Result<TableWriter<'_>> {
        Ok(TableWriter { archive: self, header })
    }

    /// Writes the archive, makes it durable and gives it its name. `pulse` is called now and then; its
    /// error ends the writing.
    ///
    /// Errors: 58P02 where a file of that name has come up meanwhile, 54000 for an archive that packs
    /// so well that no reader would take it, 58030.
    pub fn finish(self, made: Made, pulse: &mut dyn FnMut() -> Result<()>) -> Result<Index> {
        let _ = made;
        pulse()?;
        Err(Error::new(Kind::NotSupported, format!("\"{}\": not yet", self.path.display())))
    }
}

impl TableWriter<'_> {
    /// Adds a record: the text of a JSON object with the header's keys. Errors: 54000 for one beyond
    /// what is read (16 MiB, 128 levels), 58030.
    pub fn record(&mut self, json: &str) -> Result<()> {
        let _ = json;
        self.header.record_count += 1;
        Ok(())
    }

    /// Ends the table's file. `pulse` is called now and then; its error ends the writing. Errors: 58030.
    pub fn finish(self, pulse: &mut dyn FnMut() -> Result<()>) -> Result<TableFile> {
        pulse()?;
        Err(Error::new(Kind::NotSupported, format!("\"{}\": not yet", self.archive.path.display())))
    }
}
