//! Files to Arrow batches: which files a source names, and the rows in them.
//!
//! A file is hostile until shown otherwise: `guard` and `delta` check every size that a file
//! claims before anything is allocated by it, and `decode` keeps the decoder's panics inside.

mod decode;
mod delta;
mod documents;
mod elements;
mod file;
pub mod files;
mod guard;
mod input;
mod json;
mod natural;
mod pages;
mod parquet;
mod record;
pub(crate) mod records;
pub(crate) mod rows;
mod statistics;
mod texts;
mod thrift;

use std::path::Path;
use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::datatypes::DataType;
use arrow::record_batch::RecordBatch;

pub use documents::{Beside, DocumentRows, Documents, RawDocuments, Wanted};
pub use elements::{Element, Elements, Misfit};
pub(crate) use files::system;
pub use files::{Format, Relative, resolve};
pub use json::JsonSource;
pub use parquet::ParquetSource;
pub(crate) use texts::compact as compact_json;

use crate::error::Result;
use crate::types::ColumnType;

/// A column of a source (of its first file, where files may differ).
#[derive(Debug, Clone, PartialEq)]
pub struct SourceColumn {
    pub name: String,
    pub data_type: DataType,
    /// How the source spells the type: `INT64 / Timestamp(us, UTC)`.
    pub source_type: String,
    /// The column type that holds every value of it.
    pub natural: ColumnType,
    pub nullable: bool,
}

/// Rows of a source.
#[derive(Debug, Clone)]
pub struct SourceBatch {
    /// How messages call what they are rows of: `"jobs.parquet"`, `table "legacy.jobs"`.
    pub from: Arc<str>,
    /// The place of the batch's first row within that, from 0.
    pub first_row: u64,
    /// The places of its rows, where some between them were left out.
    pub rows: Option<Arc<[u64]>>,
    /// What its rows are made of, where that is elements of documents.
    pub elements: Option<Elements>,
    /// The projected columns, in order. The types are those of this file. Text that is not UTF-8
    /// throughout comes as Binary, so that a converter can name the rows.
    pub batch: RecordBatch,
}

impl SourceBatch {
    /// The place within what it comes from of the batch's row `index`, from 0.
    pub fn place(&self, index: usize) -> u64 {
        match self.rows.as_ref().and_then(|rows| rows.get(index)) {
            Some(place) => *place,
            None => self.first_row.saturating_add(u64::try_from(index).unwrap_or(u64::MAX)),
        }
    }

    /// Where the batch's row `index` is, and in it the value of `column`, as a person looks for it: counted from 1.
    pub fn spot(&self, index: usize, column: &str) -> String {
        match self.elements.as_ref().and_then(|elements| elements.spot(&self.from, index, column)) {
            Some(spot) => spot,
            None => format!("row {} of {}", self.place(index).saturating_add(1), self.from),
        }
    }

    /// What of the batch's row `index` is not of the shape that its paths ask for.
    pub fn misfits(&self, index: usize) -> &[Misfit] {
        let element = self.elements.as_ref().and_then(|elements| elements.rows.get(index));
        element.map_or(&[], |element| &element.misfits)
    }
}

/// How messages call a file that rows are of.
fn file_name(path: &Path) -> Arc<str> {
    format!("\"{}\"", path.display()).into()
}

/// Tells of the greatest value in each of several parts of a column (as the source has it, NULL where
/// it is not known) which parts may be left out.
pub struct Skips(pub Box<SkipRule>);

type SkipRule = dyn Fn(&ArrayRef) -> Vec<bool> + Send;

impl std::fmt::Debug for Skips {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Skips")
    }
}

/// Rows that come from files, whatever is in those.
pub trait RowSource: Send {
    /// The columns of the first file, in its order.
    fn columns(&self) -> &[SourceColumn];

    /// Whether its rows say which columns it has, and so which it lacks.
    fn shaped(&self) -> bool {
        !self.columns().is_empty()
    }

    /// Reads only these columns, in this order, from the first row on. Errors: 42703, 42701.
    fn project(&mut self, names: &[&str]) -> Result<()>;

    /// Leaves out what `skips` says of its greatest value in `column`, where the source knows the
    /// greatest values of its parts for sure, and that no NULL is among them. Rows are left out in
    /// whole parts: those that come may still be without interest. Call it after `project`.
    fn narrow(&mut self, _column: &str, _skips: Skips) {}

    /// How many row groups were read so far, and how many were left out.
    fn row_groups(&self) -> (usize, usize) {
        (0, 0)
    }

    /// Of elements of documents: what they are bound to, also where there are none of them, as rows of which
    /// only the columns of that are filled. Only once.
    fn bound(&mut self) -> Option<Box<dyn RowSource>> {
        None
    }

    /// The next rows; None at the end. After an error there are no more rows.
    fn next(&mut self) -> Result<Option<SourceBatch>>;
}
