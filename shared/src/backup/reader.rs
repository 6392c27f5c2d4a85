//! Reading an archive.

use std::path::{Path, PathBuf};

use super::document::{Index, TableHeader};
use crate::error::{Error, Kind, Result};
use crate::source::{RowSource, SourceBatch, SourceColumn};

/// An archive that was read once from beginning to end, and found to be what it says. It holds no file open.
#[derive(Debug)]
pub struct Archive {
    path: PathBuf,
    index: Index,
    headers: Vec<TableHeader>,
    notes: Vec<String>,
}

/// A column of a source that is made of a table's records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The source's column.
    pub name: String,
    /// The key of the records: one of [`TableHeader::keys`].
    pub key: String,
    /// Which item of the array that stands there, from 0: for a reference by several columns.
    pub item: Option<usize>,
    /// A prefix that is taken off the text where it begins so: `berlin:`.
    pub strip: Option<String>,
}

/// The records of one table as columns of text.
#[derive(Debug)]
pub struct ArchiveSource {
    columns: Vec<SourceColumn>,
}

impl Archive {
    /// Reads an archive whole and checks it: the entries, their names, sizes and hashes, the index, and
    /// every record. For a folder it is the archive with the newest `created_at` (of equal ones that
    /// with the last name) among its `*.tar`, `*.tar.gz`, `*.tgz` and `*.tar.zst`. `pulse` is called now
    /// and then; its error ends the reading.
    ///
    /// Errors: 22P04 for an archive that is damaged, incomplete or disagrees with its index; 54000 for
    /// more than we read; 0A000 for a newer format and an unknown compression; 42809 for anything but
    /// regular files, within it too; 58P01 for a file that does not exist and a folder without archives;
    /// 22021 for bytes that are not UTF-8; 42701 for a record with a key twice; 55000 where it changes
    /// meanwhile; 58030.
    pub fn open(path: &Path, pulse: &mut dyn FnMut() -> Result<()>) -> Result<Archive> {
        pulse()?;
        Err(Error::new(Kind::NotSupported, format!("\"{}\": not yet", path.display())))
    }

    /// The archive itself, where a folder was opened.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its index.
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// The headers of its tables, in the archive's order.
    pub fn headers(&self) -> &[TableHeader] {
        &self.headers
    }

    /// What the caller should hear: archives of the folder that cannot be read.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The records of a table as a source with these columns. Sources of one archive are read one after
    /// the other, best in the archive's order: a compressed one is then unpacked only once.
    ///
    /// Errors: 42704 for a table that is not in the archive; 42703 for a key that its header does not have.
    /// While it is read: 22P04 where an array or another number of items stands than the header says,
    /// naming the row; 55000 where the file is not the one that was opened.
    pub fn source(&self, table: &str, fields: Vec<Field>) -> Result<ArchiveSource> {
        Err(Error::new(Kind::NotSupported, format!("\"{table}\" {fields:?}: not yet")))
    }
}

impl RowSource for ArchiveSource {
    fn columns(&self) -> &[SourceColumn] {
        &self.columns
    }

    fn project(&mut self, _names: &[&str]) -> Result<()> {
        Ok(())
    }

    fn next(&mut self) -> Result<Option<SourceBatch>> {
        Ok(None)
    }
}
