//! JSON files as one stream of Arrow batches, every column of text.

use std::collections::{HashMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::files::Identity;
use super::parquet::lacks;
use super::records::{self, Fields, MAX_COLUMNS, Records, Spot};
use super::{RowSource, SourceBatch, SourceColumn, file_name, rows};
use crate::error::{Error, Kind, Result};

/// The most bytes of all columns' names together.
const MAX_NAMES: usize = 1024 * 1024;
/// After how many records a cancel is looked for.
pub(super) const PULSE: u64 = 64;

/// JSON files of flat records, read one after the other.
#[derive(Debug)]
pub struct JsonSource {
    columns: Vec<SourceColumn>,
    files: Vec<(Arc<Path>, Identity)>,
    total_rows: u64,
    /// The place of each projected column.
    places: HashMap<String, usize>,
    todo: VecDeque<usize>,
    current: Option<Records>,
}

impl JsonSource {
    /// Reads the files once, to check them and to learn their columns: the keys of all records, in
    /// the order in which they appear. No file stays open. `pulse` is called now and then; its
    /// error ends the reading.
    ///
    /// Errors: 22P04 for a file that is not JSON, or of other things than objects; 22021 for bytes
    /// that are not UTF-8; 42701 for a record with a key twice; 54000 for more than we read (a
    /// record of 16 MiB, 128 levels, 1,600 columns); 42809 for anything but a regular file; 58P01
    /// for a file that does not exist and for no files at all.
    pub fn open(files: Vec<PathBuf>, pulse: &mut dyn FnMut() -> Result<()>) -> Result<Self> {
        let mut names = Names::default();
        let mut entries = Vec::with_capacity(files.len());
        let mut total_rows = 0_u64;
        for path in files {
            let mut records = Records::open(path.into(), None)?;
            let called = Arc::clone(&records.called);
            while records.next(&mut |spot, fields| {
                if spot.row.is_multiple_of(PULSE) {
                    pulse()?;
                }
                total_rows = total_rows.saturating_add(1);
                names.add(&called, spot, total_rows, fields)
            })? {}
            records.check_unchanged()?;
            entries.push((records.input.path, records.input.identity));
        }
        if entries.is_empty() {
            return Err(Error::new(Kind::UndefinedFile, "no file to read"));
        }
        let columns: Vec<SourceColumn> = names.order.into_iter().map(rows::column).collect();
        let places = columns.iter().enumerate().map(|(place, c)| (c.name.clone(), place)).collect();
        let todo = (0..entries.len()).collect();
        Ok(JsonSource { columns, files: entries, total_rows, places, todo, current: None })
    }

    /// How many records the files have.
    pub fn total_rows(&self) -> u64 {
        self.total_rows
    }

    fn advance(&mut self) -> Result<Option<SourceBatch>> {
        loop {
            if let Some(file) = &mut self.current {
                if let Some(batch) = batch(file, &self.places)? {
                    return Ok(Some(batch));
                }
                file.check_unchanged()?;
                self.current = None;
            }
            let Some((path, identity)) = self.todo.pop_front().and_then(|index| self.files.get(index)) else {
                return Ok(None);
            };
            self.current = Some(Records::open(Arc::clone(path), Some(*identity))?);
        }
    }
}

impl RowSource for JsonSource {
    fn columns(&self) -> &[SourceColumn] {
        &self.columns
    }

    /// Reads only these columns, in this order, from the first record on. A record without one of
    /// them has NULL there. Files without any key have every column.
    ///
    /// Errors: 42703 for a column that no record has, 42701 for a name given twice.
    fn project(&mut self, names: &[&str]) -> Result<()> {
        let mut places = HashMap::with_capacity(names.len());
        for (place, name) in names.iter().enumerate() {
            if places.insert((*name).to_owned(), place).is_some() {
                return Err(Error::new(Kind::DuplicateColumn, format!("column \"{name}\" is named twice")));
            }
            if !self.columns.is_empty() && !self.columns.iter().any(|c| c.name == *name) {
                let path = self.files.first().map_or(Path::new(""), |(path, _)| path);
                return Err(lacks(path, name));
            }
        }
        self.places = places;
        self.todo = (0..self.files.len()).collect();
        self.current = None;
        Ok(())
    }

    /// The next records. Errors: as in [`JsonSource::open`], and 55000 for a file that changed since.
    fn next(&mut self) -> Result<Option<SourceBatch>> {
        let result = self.advance();
        if result.is_err() {
            self.todo.clear();
            self.current = None;
        }
        result
    }
}

/// The columns found so far.
#[derive(Default)]
struct Names {
    order: Vec<String>,
    /// For each column the last record that had it.
    known: HashMap<String, u64>,
    bytes: usize,
}

impl Names {
    /// Takes the keys of record `number` of all (from 1), and checks its values.
    fn add(&mut self, called: &str, spot: Spot, number: u64, fields: &Fields<'_>) -> Result<()> {
        for (name, value) in fields {
            records::text_of(value).map_err(|unfit| records::refused(called, spot, unfit))?;
            if let Some(last) = self.known.get_mut(name.as_ref()) {
                if *last == number {
                    let message = format!("a record of {called} has key \"{name}\" twice");
                    return Err(Error::new(Kind::DuplicateColumn, message).detail(format!(
                        "line {}: row {}",
                        spot.line,
                        spot.row.saturating_add(1)
                    )));
                }
                *last = number;
                continue;
            }
            self.bytes = self.bytes.saturating_add(name.len());
            if self.order.len() == MAX_COLUMNS || self.bytes > MAX_NAMES {
                let what = format!("there are more than {MAX_COLUMNS} columns, or 1 MiB of their names");
                return Err(records::limit(called, spot, &what));
            }
            self.known.insert(name.clone().into_owned(), number);
            self.order.push(name.clone().into_owned());
        }
        Ok(())
    }
}

/// The next records of a file, the columns in their places; None at its end.
fn batch(file: &mut Records, places: &HashMap<String, usize>) -> Result<Option<SourceBatch>> {
    let called = Arc::clone(&file.called);
    let from = file_name(&file.input.path);
    rows::batch(file, places.len(), &from, &mut |spot, fields, values| {
        for (name, value) in fields {
            if let Some(slot) = places.get(name.as_ref()).and_then(|place| values.get_mut(*place)) {
                *slot = records::text_of(value).map_err(|unfit| records::refused(&called, spot, unfit))?;
            }
        }
        Ok(())
    })
}
