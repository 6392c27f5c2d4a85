//! Rows between the one reading of the documents and the staging of each table: in memory while they are
//! few, then in a temporary file that has no name.

use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::sync::Arc;

use tempfile::SpooledTempFile;

use super::super::texts::{Unfit, text_of_json};
use super::walk::{Row, Slot};
use crate::error::{Error, Kind, Result};

/// How many bytes of a table's rows stay in memory.
const IN_MEMORY: usize = 1 << 20;
/// How many bytes are written at a time.
const CHUNK: usize = 128 * 1024;
/// Instead of a slot: the row as a whole.
const WHOLE: u32 = u32::MAX;

/// A value that is not of the shape that a path asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Told {
    /// None for the row as a whole.
    pub slot: Option<usize>,
    pub path: String,
    /// The beginning of it.
    pub value: String,
    pub reason: String,
}

/// A row as it is read back.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Kept {
    /// The place of what it comes from among those that were told.
    pub from: usize,
    pub number: u64,
    pub at: Box<[u32]>,
    pub values: Vec<(usize, String)>,
    pub misfits: Vec<Told>,
}

/// The rows of one table.
#[derive(Debug)]
pub(super) struct Spool {
    file: SpooledTempFile,
    /// What is not in the file yet.
    buffer: Vec<u8>,
    rows: u64,
    froms: Vec<Arc<str>>,
}

impl Spool {
    pub fn new() -> Spool {
        Spool { file: SpooledTempFile::new(IN_MEMORY), buffer: Vec::new(), rows: 0, froms: Vec::new() }
    }

    /// Adds a row that comes from `from`'s line or row `number`, with the values of the columns beside
    /// the documents. Errors: what is wrong with a value, and 58030.
    pub fn add(
        &mut self,
        from: &Arc<str>,
        number: u64,
        row: &Row<'_, '_>,
        beside: &[Option<&str>],
        unfit: &dyn Fn(Unfit) -> Error,
    ) -> Result<()> {
        if !self.froms.last().is_some_and(|last| Arc::ptr_eq(last, from)) {
            self.froms.push(Arc::clone(from));
        }
        self.rows += 1;
        self.number(self.froms.len() - 1)?;
        self.buffer.extend(number.to_le_bytes());
        self.number(row.at.len())?;
        self.buffer.extend(row.at.iter().flat_map(|place| place.to_le_bytes()));
        let (mut values, mut misfits) = (0_usize, 0_usize);
        let counts = self.buffer.len();
        self.buffer.extend([0; 8]);
        for (slot, value) in beside.iter().enumerate() {
            if let Some(text) = value {
                self.number(slot)?;
                self.text(text)?;
                values += 1;
            }
        }
        for (slot, value) in row.slots.iter().enumerate() {
            let Slot::Json(json) = value else { continue };
            if let Some(text) = text_of_json(json).map_err(unfit)? {
                self.number(slot)?;
                self.text(&text)?;
                values += 1;
            }
        }
        let lost = row.slots.iter().enumerate().filter_map(|(slot, value)| match value {
            // That the element is none says it all.
            Slot::Misfit(misfit) if row.misfit.is_none() => Some((u32::try_from(slot).ok()?, *misfit)),
            _ => None,
        });
        for (slot, misfit) in row.misfit.map(|misfit| (WHOLE, misfit)).into_iter().chain(lost) {
            self.buffer.extend(slot.to_le_bytes());
            self.text(&misfit.path.to_string())?;
            self.text(&beginning(misfit.json))?;
            self.text(misfit.reason)?;
            misfits += 1;
        }
        let mut at = self.buffer.iter_mut().skip(counts);
        for byte in [values, misfits].iter().flat_map(|n| u32::try_from(*n).unwrap_or(0).to_le_bytes()) {
            if let Some(place) = at.next() {
                *place = byte;
            }
        }
        if self.buffer.len() > CHUNK { self.flush() } else { Ok(()) }
    }

    fn number(&mut self, n: usize) -> Result<()> {
        let n = u32::try_from(n)
            .map_err(|_| Error::new(Kind::LimitExceeded, "documents have too many values"))?;
        self.buffer.extend(n.to_le_bytes());
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<()> {
        self.number(text.len())?;
        self.buffer.extend(text.as_bytes());
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        self.file.write_all(&self.buffer).map_err(|e| lost(&e))?;
        self.buffer.clear();
        Ok(())
    }

    /// Ends the writing.
    pub fn read(mut self) -> Result<Rows> {
        self.flush()?;
        let mut rows = Rows { file: BufReader::new(self.file), rows: self.rows, left: 0, froms: self.froms };
        rows.rewind()?;
        Ok(rows)
    }
}

/// Enough of a value to know it by.
fn beginning(json: &str) -> String {
    json.chars().take(60).collect()
}

/// Rows on their way back.
#[derive(Debug)]
pub(super) struct Rows {
    file: BufReader<SpooledTempFile>,
    rows: u64,
    left: u64,
    froms: Vec<Arc<str>>,
}

impl Rows {
    /// Back to the first row.
    pub fn rewind(&mut self) -> Result<()> {
        self.left = self.rows;
        self.file.seek(SeekFrom::Start(0)).map(drop).map_err(|e| lost(&e))
    }

    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// What rows come from.
    pub fn from(&self, place: usize) -> Arc<str> {
        self.froms.get(place).map_or_else(|| "".into(), Arc::clone)
    }

    /// The next row. Errors: 58030.
    pub fn next(&mut self) -> Result<Option<Kept>> {
        let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
        self.left = left;
        self.row().map(Some).map_err(|e| lost(&e))
    }

    fn row(&mut self) -> io::Result<Kept> {
        let from = self.number()?;
        let number = u64::from_le_bytes(self.bytes()?);
        let at = self.number()?;
        let at = (0..at).map(|_| Ok(u32::from_le_bytes(self.bytes()?))).collect::<io::Result<_>>()?;
        let (values, misfits) = (self.number()?, self.number()?);
        let values = (0..values).map(|_| Ok((self.number()?, self.text()?))).collect::<io::Result<_>>()?;
        let misfits = (0..misfits).map(|_| {
            let slot = u32::from_le_bytes(self.bytes()?);
            let slot = if slot == WHOLE { None } else { usize::try_from(slot).ok() };
            Ok(Told { slot, path: self.text()?, value: self.text()?, reason: self.text()? })
        });
        let misfits = misfits.collect::<io::Result<_>>()?;
        Ok(Kept { from, number, at, values, misfits })
    }

    fn bytes<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.file.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    fn number(&mut self) -> io::Result<usize> {
        usize::try_from(u32::from_le_bytes(self.bytes()?)).map_err(io::Error::other)
    }

    fn text(&mut self) -> io::Result<String> {
        let length = self.number()?;
        let mut text = String::with_capacity(length);
        Read::take(&mut self.file, length as u64).read_to_string(&mut text)?;
        Ok(text)
    }
}

fn lost(error: &io::Error) -> Error {
    Error::new(Kind::Io, "rows of documents cannot be kept in a temporary file").detail(format!("{error}."))
}
