//! Where rows that are elements of documents are, and what is wrong with their shape.

use std::sync::Arc;

use crate::plan::Path;

/// The elements that the rows of a batch are made of.
#[derive(Debug, Clone)]
pub struct Elements {
    /// They are on lines of a file, not in rows of a relation.
    pub lines: bool,
    pub rows: Arc<[Element]>,
}

/// One element.
#[derive(Debug, Clone)]
pub struct Element {
    /// The line on which its document begins, or the row that holds it, from 1.
    pub number: u64,
    /// Its places, one per wildcard.
    pub at: Box<[u32]>,
    pub misfits: Vec<Misfit>,
}

/// A value that is not of the shape that a path asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    /// The source column that is lost by it; None where all of the row is.
    pub column: Option<String>,
    /// Where it is, with wildcards.
    pub path: String,
    /// The beginning of its JSON text.
    pub value: String,
    /// A clause: `is not an array`.
    pub reason: String,
}

impl Elements {
    /// The elements of these rows only.
    pub fn only(&self, rows: impl Iterator<Item = usize>) -> Elements {
        let rows = rows.filter_map(|row| self.rows.get(row)).cloned().collect();
        Elements { rows, ..self.clone() }
    }

    /// Where row `index` of what is called `from` is, and in it the value at a path: `"a.ndjson", line 7,
    /// $.jobs[2].cost`. A column beside the documents has no path.
    pub(super) fn spot(&self, from: &str, index: usize, path: &str) -> Option<String> {
        let Element { number, at, .. } = self.rows.get(index)?;
        let path = Path::parse(path).map(|path| format!(", {}", path.filled(at))).unwrap_or_default();
        Some(if self.lines {
            format!("{from}, line {number}{path}")
        } else {
            format!("row {number} of {from}{path}")
        })
    }
}
