//! An archive that is read.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use super::Pulse;
use super::check::{Stored, check, created};
use super::document::{Index, TableHeader};
use super::name::Compression;
use super::source::{ArchiveSource, Field, Shared};
use crate::error::{Error, Kind, Result};
use crate::source::system;

/// An archive that was read once from beginning to end, and found to be what it says.
#[derive(Debug)]
pub struct Archive {
    shared: Arc<Shared>,
    index: Index,
    tables: Vec<Stored>,
    notes: Vec<String>,
}

impl Archive {
    /// Reads an archive whole and checks it: the entries, their names, sizes and hashes, the index, and
    /// every record. For a folder it is the archive with the newest `created_at` (of equal ones that
    /// with the last name) among its `*.tar`, `*.tar.gz`, `*.tgz` and `*.tar.zst`.
    ///
    /// Errors: 22P04 for an archive that is damaged, incomplete or disagrees with its index; 54000 for
    /// more than we read; 0A000 for a newer format and an unknown compression; 42809 for anything but
    /// regular files, within it too; 58P01 for a file that does not exist and a folder without archives;
    /// 22021 for bytes that are not UTF-8; 42701 for a record with a key twice; 55000 where it changes
    /// meanwhile; 58030.
    pub fn open(path: &Path, pulse: Pulse<'_>) -> Result<Archive> {
        let meta = fs::metadata(path).map_err(|e| system(path, &e))?;
        let mut notes = Vec::new();
        let path = if meta.is_dir() { newest(path, &mut notes, pulse)? } else { path.into() };
        let (identity, index, tables) = check(Arc::clone(&path), pulse)?;
        let shared = Arc::new(Shared { path, identity, idle: Mutex::new(None) });
        Ok(Archive { shared, index, tables, notes })
    }

    /// The archive itself, where a folder was opened.
    pub fn path(&self) -> &Path {
        &self.shared.path
    }

    /// Its index.
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// The headers of its tables, in the index's order.
    pub fn headers(&self) -> impl Iterator<Item = &TableHeader> {
        self.tables.iter().map(|table| &table.header)
    }

    /// What the caller should hear: archives of the folder that cannot be read.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The records of a table as a source with these columns. Sources of one archive are read one after
    /// the other, best in the index's order: a compressed one is then unpacked only once.
    ///
    /// Errors: 42704 for a table that is not in the archive; 42703 for a key that its header does not
    /// have; 22023 for an item of a value that has not so many, and for none of one that has several.
    /// While it is read: 55000 where the file is not the one that was opened, and those of opening.
    pub fn source(&self, table: &str, fields: Vec<Field>) -> Result<ArchiveSource> {
        let called = format!("archive \"{}\"", self.path().display());
        let stored =
            self.tables.iter().find(|stored| stored.header.table == table).ok_or_else(|| {
                Error::new(Kind::UndefinedObject, format!("{called} has no table \"{table}\""))
            })?;
        ArchiveSource::new(Arc::clone(&self.shared), &called, stored, fields)
    }
}

/// The archive of a folder that was made last. One that is no valid backup is left out, and noted.
///
/// Errors: 58P01 where there is none.
fn newest(folder: &Path, notes: &mut Vec<String>, pulse: Pulse<'_>) -> Result<Arc<Path>> {
    let mut newest = None;
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(|e| system(folder, &e))? {
        let path = entry.map_err(|e| system(folder, &e))?.path();
        if Compression::of(&path).is_some() {
            paths.push(path);
        }
    }
    paths.sort();
    for path in paths {
        let path: Arc<Path> = path.into();
        match created(Arc::clone(&path), pulse) {
            Ok(created) => newest = newest.max(Some((created, path))),
            Err(error) if of_the_file(error.kind) => {
                let fact = error.detail.map(|fact| format!(": {fact}")).unwrap_or_default();
                notes.push(format!("left out: {}{fact}", error.message));
            }
            Err(error) => return Err(error),
        }
    }
    newest.map(|(_, path)| path).ok_or_else(|| {
        let message = format!("folder \"{}\" holds no backup", folder.display());
        let error = Error::new(Kind::UndefinedFile, message)
            .hint("Only files that end in .tar, .tar.gz, .tgz or .tar.zst count, and only those directly in the folder.");
        if notes.is_empty() { error } else { error.detail(notes.join("\n")) }
    })
}

/// Whether an error is about what is in a file, and not about reading as such.
fn of_the_file(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::BadFile | Kind::LimitExceeded | Kind::NotSupported | Kind::WrongObjectType | Kind::BadCharacter
    )
}
