//! Rows between the one reading of the documents and the staging of each table.

use std::io;
use std::sync::Arc;

use super::super::texts::{Unfit, text_of_json};
use super::tape::{Played, Tape, lost};
use super::walk::{Row, Slot};
use crate::error::{Error, Result};

/// Instead of a slot: no more of them.
const END: u32 = u32::MAX;
/// Instead of a slot: the row as a whole.
const WHOLE: u32 = END - 1;

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
    tape: Tape,
    rows: u64,
    froms: Vec<Arc<str>>,
}

impl Spool {
    pub fn new() -> Spool {
        Spool { tape: Tape::new(), rows: 0, froms: Vec::new() }
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
        let tape = &mut self.tape;
        tape.number(self.froms.len() - 1)?;
        tape.long(number);
        tape.number(row.at.len())?;
        row.at.iter().for_each(|place| tape.short(*place));
        for (slot, text) in beside.iter().enumerate().filter_map(|(slot, value)| Some((slot, (*value)?))) {
            tape.number(slot)?;
            tape.text(text)?;
        }
        for (slot, value) in row.slots.iter().enumerate() {
            let Slot::Json(json) = value else { continue };
            if let Some(text) = text_of_json(json).map_err(unfit)? {
                tape.number(slot)?;
                tape.text(&text)?;
            }
        }
        tape.short(END);
        let misfits = row.slots.iter().enumerate().filter_map(|(slot, value)| match value {
            // That the element is none says it all.
            Slot::Misfit(misfit) if row.misfit.is_none() => Some((u32::try_from(slot).ok()?, *misfit)),
            _ => None,
        });
        for (slot, misfit) in row.misfit.map(|misfit| (WHOLE, misfit)).into_iter().chain(misfits) {
            tape.short(slot);
            tape.text(&misfit.path.to_string())?;
            tape.text(&beginning(misfit.json))?;
            tape.text(misfit.reason)?;
        }
        tape.short(END);
        tape.flush_full()
    }

    /// Ends the writing.
    pub fn read(self) -> Result<Rows> {
        Ok(Rows { played: self.tape.play()?, rows: self.rows, left: self.rows, froms: self.froms })
    }
}

/// Enough of a value to know it by.
fn beginning(json: &str) -> String {
    json.chars().take(60).collect()
}

/// Rows on their way back.
#[derive(Debug)]
pub(super) struct Rows {
    played: Played,
    rows: u64,
    left: u64,
    froms: Vec<Arc<str>>,
}

impl Rows {
    /// Back to the first row.
    pub fn rewind(&mut self) -> Result<()> {
        self.left = self.rows;
        self.played.rewind()
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
        let played = &mut self.played;
        let (from, number, places) = (played.number()?, played.long()?, played.number()?);
        let at = (0..places).map(|_| played.short()).collect::<io::Result<_>>()?;
        let mut kept = Kept { from, number, at, ..Kept::default() };
        while let Some(slot) = slot(played.short()?) {
            kept.values.push((slot, played.text()?));
        }
        loop {
            let mark = played.short()?;
            if mark == END {
                return Ok(kept);
            }
            let (path, value, reason) = (played.text()?, played.text()?, played.text()?);
            kept.misfits.push(Told { slot: slot(mark), path, value, reason });
        }
    }
}

/// The slot that is meant; None for none.
fn slot(mark: u32) -> Option<usize> {
    if mark >= WHOLE { None } else { usize::try_from(mark).ok() }
}
