//! Documents: nested JSON from which several tables take their rows. Every document is decoded once for all
//! tables; each table's rows wait in a spool of its own until they are staged.
//!
//! `wish` is what a table takes, `tree` the paths of all tables, `walk` goes along them through one document,
//! `spool` keeps the rows, and `rows` hands them out; `raw` keeps the documents themselves, both on a `tape`.

mod origin;
mod raw;
mod rows;
mod spool;
mod tape;
mod tree;
mod walk;
mod wish;

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::value::RawValue;

use super::file_name;
use super::json::PULSE;
use super::records::{Fields, Records};
use crate::error::{Error, Kind, Result};
use origin::Origin;
pub use raw::RawDocuments;
use raw::RawTape;
pub use rows::DocumentRows;
use spool::Spool;
use tree::Tree;
use walk::Walk;
use wish::Wish;
pub use wish::{Beside, Wanted};

/// The most bytes of a document in a column.
const MAX_DOCUMENT: usize = 16 * 1024 * 1024;

/// Documents while they are read.
#[derive(Debug)]
pub struct Documents {
    tree: Tree,
    wishes: Vec<Wish>,
    /// Per table its rows, and what is told besides.
    spools: Vec<[Spool; 2]>,
    raw: Option<RawTape>,
    /// Their rows are lines of files, not rows of a relation.
    lines: bool,
}

impl Documents {
    /// For tables that take this of them; with `keep` the documents themselves are kept, too.
    pub fn new(wanted: Vec<Wanted>, keep: bool) -> Documents {
        let speaks: Vec<Option<usize>> = wanted.iter().map(|wanted| wanted.speaks).collect();
        let wishes: Vec<Wish> = wanted.into_iter().map(Wish::new).collect();
        let slots: Vec<_> = wishes.iter().map(Wish::slot_paths).collect();
        let mut tree = Tree::new(wishes.iter().map(|wish| &wish.each).zip(slots.iter().map(Vec::as_slice)));
        for (table, ((wish, slots), speaks)) in wishes.iter().zip(&slots).zip(speaks).enumerate() {
            if let Some(wildcards) = speaks {
                tree.speak(table, &wish.each, slots, wildcards);
            }
        }
        let spools = wishes.iter().map(|_| [Spool::new(), Spool::new()]).collect();
        Documents { tree, wishes, spools, raw: keep.then(RawTape::new), lines: false }
    }

    /// Reads all documents of files. `pulse` is called now and then
    /// with how many there were; its error ends the reading.
    ///
    /// Errors: those of `JsonSource::open`, 55000 for a file that changed under the reading, and 58030.
    pub fn read_files(
        &mut self,
        files: Vec<PathBuf>,
        pulse: &mut dyn FnMut(i64) -> Result<()>,
    ) -> Result<()> {
        self.lines = true;
        let mut read = 0;
        for path in files {
            let mut records = Records::open(path.into(), None)?;
            let called = Arc::clone(&records.called);
            let from = file_name(&records.input.path);
            while records.next_whole(&mut |spot, fields, json| {
                if spot.row.is_multiple_of(PULSE) {
                    pulse(read)?;
                }
                read += 1;
                self.walk(&from, Origin::File(&called, spot), Content::Document(json, Some(fields)), &[])
            })? {}
            records.check_unchanged()?;
        }
        Ok(())
    }

    /// Reads the document of a row (from 0) of what messages call `from`, with the values of the columns
    /// beside it. A text that is no JSON is a row of every table that does not fit.
    ///
    /// Errors: 42701 for a key that is there twice, 54000 for a document of more than 16 MiB or more than
    /// 128 levels, and 58030.
    pub fn read_row(&mut self, from: &Arc<str>, row: u64, json: &str, beside: &[Option<&str>]) -> Result<()> {
        let origin = Origin::Row(from, row);
        if json.len() > MAX_DOCUMENT {
            return Err(Error::new(Kind::LimitExceeded, format!("a document of {from} exceeds a limit"))
                .detail(format!("row {}: it has more than 16 MiB", row.saturating_add(1))));
        }
        match serde_json::from_str::<&RawValue>(json) {
            Ok(json) => self.walk(from, origin, Content::Document(json.get(), None), beside),
            Err(_) => self.walk(from, origin, Content::Broken(json), beside),
        }
    }

    fn walk(
        &mut self,
        from: &Arc<str>,
        origin: Origin<'_>,
        content: Content<'_>,
        beside: &[Option<&str>],
    ) -> Result<()> {
        let Documents { tree, wishes, spools, raw, .. } = self;
        if let Some(raw) = raw {
            let (Content::Document(json, _) | Content::Broken(json)) = &content;
            raw.add(from, origin.number(), json)?;
        }
        let columns: Vec<Vec<Option<&str>>> = wishes.iter().map(|wish| wish.beside_of(beside)).collect();
        let take = &mut |row: &walk::Row<'_, '_>| match spools.get_mut(row.table).zip(columns.get(row.table))
        {
            Some(([rows, told], beside)) => {
                let spool = if row.speaks { told } else { rows };
                spool.add(from, origin.number(), row, beside, &|unfit| origin.unfit(unfit))
            }
            None => Ok(()),
        };
        let walk = Walk::new(tree, wishes, origin, take);
        match content {
            Content::Document(json, fields) => walk.document(json, fields),
            Content::Broken(text) => walk.no_document(text, "is not valid JSON"),
        }
    }

    /// Ends the reading: the rows of each table, and the documents where they are kept.
    pub fn finish(self) -> Result<(Vec<DocumentRows>, Option<RawDocuments>)> {
        let lines = self.lines;
        let tables = self.wishes.into_iter().zip(self.spools);
        let tables = tables.map(|(wish, spools)| {
            let [rows, told] = spools;
            Ok(DocumentRows::new(wish, rows.read()?, told.read()?, lines))
        });
        Ok((tables.collect::<Result<_>>()?, self.raw.map(|raw| raw.read(lines)).transpose()?))
    }
}

/// What is walked through.
enum Content<'a> {
    /// JSON, and its members where they are known already.
    Document(&'a str, Option<&'a Fields<'a>>),
    /// What is no JSON.
    Broken(&'a str),
}
