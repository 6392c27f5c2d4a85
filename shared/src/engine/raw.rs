//! Documents that are kept with the run that read them.

use std::cell::RefCell;

use crate::error::Result;
use crate::session::Session;
use crate::source::RawDocuments;
use crate::sql;

/// All documents of a source, until their run is in the log.
#[derive(Debug)]
pub(crate) struct Kept {
    /// The source, as the plan names it.
    source: String,
    /// For how long they are kept; None for as long as their run.
    days: Option<u32>,
    documents: RefCell<RawDocuments>,
}

impl Kept {
    pub fn new(source: &str, days: Option<u32>, documents: RawDocuments) -> Kept {
        Kept { source: source.to_owned(), days, documents: RefCell::new(documents) }
    }

    /// Stores them with their run, and forgets those of the same source that are too old.
    pub fn store(&self, s: &mut dyn Session, phase: &str, run_id: i64) -> Result<()> {
        let dialect = s.facts().dialect;
        let insert = sql::insert_raw_document(dialect);
        let mut documents = self.documents.borrow_mut();
        while let Some((place, document)) = documents.take()? {
            s.check_interrupt()?;
            let args =
                [run_id.into(), phase.into(), self.source.as_str().into(), place.into(), document.into()];
            s.execute(&insert, &args)?;
        }
        if let Some(days) = self.days {
            let args = [phase.into(), self.source.as_str().into(), run_id.into()];
            s.execute(&sql::prune_raw_documents(dialect, days), &args)?;
        }
        Ok(())
    }
}
