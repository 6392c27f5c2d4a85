//! Documents as they are, kept until their run is in the log.

use std::sync::Arc;

use super::tape::{Played, Tape, lost};
use crate::error::Result;

/// All documents of a source while it is read.
#[derive(Debug)]
pub(super) struct RawTape {
    tape: Tape,
    documents: u64,
    froms: Vec<Arc<str>>,
}

impl RawTape {
    pub fn new() -> RawTape {
        RawTape { tape: Tape::new(), documents: 0, froms: Vec::new() }
    }

    /// Keeps a document. Errors: 58030.
    pub fn add(&mut self, from: &Arc<str>, number: u64, json: &str) -> Result<()> {
        if !self.froms.last().is_some_and(|last| Arc::ptr_eq(last, from)) {
            self.froms.push(Arc::clone(from));
        }
        self.documents += 1;
        self.tape.number(self.froms.len() - 1)?;
        self.tape.long(number);
        self.tape.text(json)?;
        self.tape.flush_full()
    }

    /// Ends the writing.
    pub fn read(self, lines: bool) -> Result<RawDocuments> {
        Ok(RawDocuments { played: self.tape.play()?, left: self.documents, froms: self.froms, lines })
    }
}

/// All documents of a source, one after the other.
#[derive(Debug)]
pub struct RawDocuments {
    played: Played,
    left: u64,
    froms: Vec<Arc<str>>,
    lines: bool,
}

impl RawDocuments {
    /// The place of the next document, as messages say it, and its text; None at the end. Errors: 58030.
    pub fn take(&mut self) -> Result<Option<(String, String)>> {
        let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
        self.left = left;
        let mut one = || Ok((self.played.number()?, self.played.long()?, self.played.text()?));
        let (from, number, json) = one().map_err(|e| lost(&e))?;
        let from = self.froms.get(from).map(AsRef::as_ref).unwrap_or_default();
        let place =
            if self.lines { format!("{from}, line {number}") } else { format!("row {number} of {from}") };
        Ok(Some((place, json)))
    }
}
