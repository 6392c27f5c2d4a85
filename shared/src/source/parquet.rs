//! Parquet files as one stream of Arrow batches.

use std::collections::HashSet;
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::file::OpenFile;
use super::files::Identity;
use super::{RowSource, Skips, SourceBatch, SourceColumn, file_name};
use crate::error::{Error, Kind, Result};

/// Parquet files, read one after the other.
#[derive(Debug)]
pub struct ParquetSource {
    columns: Vec<SourceColumn>,
    files: Vec<FileEntry>,
    projection: Vec<String>,
    total_rows: u64,
    todo: VecDeque<usize>,
    current: Option<OpenFile>,
    narrowed: Option<(String, Skips)>,
    /// Row groups of the files that were opened so far: those that are read, and the others.
    groups: (usize, usize),
}

/// A file as it was when it was first looked at.
#[derive(Debug)]
struct FileEntry {
    path: Arc<Path>,
    identity: Identity,
    names: Arc<HashSet<String>>,
}

impl ParquetSource {
    /// Reads the footers of the files. No file stays open.
    ///
    /// Errors: 22P04 for a file that is not valid Parquet, 54000 for one beyond our limits, 0A000
    /// for an encrypted one, 42701 for two columns of one name, 42809 for anything but a regular
    /// file, 58P01 for a file that does not exist and for no files at all.
    pub fn open(files: Vec<PathBuf>) -> Result<Self> {
        let mut columns: Option<Vec<SourceColumn>> = None;
        let mut entries: Vec<FileEntry> = Vec::with_capacity(files.len());
        let mut total_rows = 0_u64;
        for path in files {
            let file = OpenFile::open(path.into(), None, None)?;
            let found = file.columns();
            let names: HashSet<String> = found.iter().map(|c| c.name.clone()).collect();
            if names.len() < found.len() {
                return Err(twice(&file.path, &found));
            }
            let names = match entries.last() {
                Some(last) if *last.names == names => Arc::clone(&last.names),
                _ => Arc::new(names),
            };
            total_rows = total_rows.saturating_add(file.rows());
            entries.push(FileEntry { path: Arc::clone(&file.path), identity: file.identity, names });
            columns.get_or_insert(found);
        }
        let columns = columns.ok_or_else(|| Error::new(Kind::UndefinedFile, "no file to read"))?;
        let projection = columns.iter().map(|c| c.name.clone()).collect();
        let todo = (0..entries.len()).collect();
        Ok(ParquetSource {
            columns,
            files: entries,
            projection,
            total_rows,
            todo,
            current: None,
            narrowed: None,
            groups: (0, 0),
        })
    }

    /// How many rows the footers of all files promise.
    pub fn total_rows(&self) -> u64 {
        self.total_rows
    }

    /// The files, in the order in which they are read.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(|file| file.path.as_ref())
    }

    fn advance(&mut self) -> Result<Option<SourceBatch>> {
        loop {
            if let Some(file) = &mut self.current {
                if let Some((first_row, batch)) = file.next()? {
                    let from = file_name(&file.path);
                    return Ok(Some(SourceBatch { from, first_row, rows: None, elements: None, batch }));
                }
                file.check_unchanged()?;
                self.current = None;
            }
            let Some(entry) = self.todo.pop_front().and_then(|index| self.files.get(index)) else {
                return Ok(None);
            };
            let column = self.narrowed.as_ref().map(|(column, _)| column.as_str());
            let mut file = OpenFile::open(Arc::clone(&entry.path), Some(entry.identity), column)?;
            file.project(&self.projection)?;
            let skipped = match &self.narrowed {
                Some((column, skips)) => file.narrow(column, skips),
                None => 0,
            };
            self.groups.0 += file.row_groups() - skipped;
            self.groups.1 += skipped;
            self.current = Some(file);
        }
    }
}

impl RowSource for ParquetSource {
    /// The columns of the first file, in its order.
    fn columns(&self) -> &[SourceColumn] {
        &self.columns
    }

    /// Reads only these columns, in this order, from the first row of the first file on.
    ///
    /// Errors: 42703 naming the file that lacks one, 42701 for a name given twice.
    fn project(&mut self, names: &[&str]) -> Result<()> {
        let mut seen = HashSet::new();
        for name in names {
            if !seen.insert(*name) {
                return Err(Error::new(Kind::DuplicateColumn, format!("column \"{name}\" is named twice")));
            }
            for file in &self.files {
                if !file.names.contains(*name) {
                    return Err(lacks(&file.path, name));
                }
            }
        }
        self.projection = names.iter().map(|name| (*name).to_owned()).collect();
        self.todo = (0..self.files.len()).collect();
        self.current = None;
        self.groups = (0, 0);
        Ok(())
    }

    fn narrow(&mut self, column: &str, skips: Skips) {
        self.narrowed = Some((column.to_owned(), skips));
    }

    fn row_groups(&self) -> (usize, usize) {
        self.groups
    }

    /// The next rows, or None at the end. After an error there are no more rows.
    ///
    /// Errors: 22P04, 54000 and 0A000 as in [`ParquetSource::open`], 22021 for nested text that is
    /// not UTF-8, 42703 for a file that lacks a projected column, 55000 for a file that changed
    /// since it was opened.
    fn next(&mut self) -> Result<Option<SourceBatch>> {
        let result = self.advance();
        if result.is_err() {
            self.todo.clear();
            self.current = None;
        }
        result
    }
}

fn twice(path: &Path, columns: &[SourceColumn]) -> Error {
    let mut seen = HashSet::new();
    let name = columns.iter().map(|c| c.name.as_str()).find(|name| !seen.insert(*name)).unwrap_or_default();
    Error::new(Kind::DuplicateColumn, format!("file \"{}\" has two columns named \"{name}\"", path.display()))
}

/// The error for a file without a column (42703).
pub(super) fn lacks(path: &Path, name: &str) -> Error {
    Error::new(Kind::UndefinedColumn, format!("file \"{}\" has no column \"{name}\"", path.display()))
}
