//! The rows of one table, found in documents, as batches of text.

use std::collections::HashMap;

use arrow::array::StringBuilder;

use super::super::rows::{BATCH_BYTES, BATCH_ROWS, column, text_batch};
use super::super::{Element, Elements, Misfit, RowSource, SourceBatch, SourceColumn};
use super::spool::{Kept, Rows};
use super::wish::Wish;
use crate::error::Result;

/// The rows of one table. Its columns are called by their paths, those beside the documents by their names;
/// plain members of elements that the table does not take are listed, too.
#[derive(Debug)]
pub struct DocumentRows {
    columns: Vec<SourceColumn>,
    shaped: bool,
    /// The slots of columns, by name.
    slots: Vec<(usize, String)>,
    /// The path of every slot of an element.
    names: HashMap<usize, String>,
    rows: Rows,
    /// What is told of what elements are bound to, with or without elements.
    told: Option<Rows>,
    lines: bool,
    /// Slots to places in a batch.
    places: HashMap<usize, usize>,
    width: usize,
    /// The first row of the next batch, which comes from somewhere else than those before.
    ahead: Option<Kept>,
}

impl DocumentRows {
    pub(super) fn new(wish: Wish, rows: Rows, told: Rows, lines: bool) -> DocumentRows {
        let first_member = wish.paths();
        let Wish { each, beside, paths, taken, extra, found, shaped, .. } = wish;
        let first_path = beside.len();
        let named = beside.iter().map(|column| column.name.clone()).enumerate();
        let paths = paths
            .iter()
            .zip(found)
            .enumerate()
            .map(|(i, (path, found))| (first_path + i, path.to_string(), found));
        let paths: Vec<_> = paths.collect();
        let members =
            taken.iter().enumerate().map(|(i, name)| (first_member + i, each.member(name).to_string()));
        let found = paths.iter().filter(|(.., found)| *found).map(|(slot, path, _)| (*slot, path.clone()));
        let slots: Vec<(usize, String)> = named.chain(found).chain(members.clone()).collect();
        let extra = extra.iter().map(|name| each.member(name).to_string());
        let columns = slots.iter().map(|(slot, name)| match beside.get(*slot) {
            Some(beside) => SourceColumn { natural: beside.natural.clone(), ..column(name.clone()) },
            None => column(name.clone()),
        });
        DocumentRows {
            columns: columns.chain(extra.map(column)).collect(),
            shaped,
            slots,
            names: paths.iter().map(|(slot, path, _)| (*slot, path.clone())).chain(members).collect(),
            rows,
            told: Some(told),
            lines,
            places: HashMap::new(),
            width: 0,
            ahead: None,
        }
    }

    fn element(&self, kept: Kept) -> Element {
        let misfits = kept.misfits.into_iter().map(|told| Misfit {
            column: told.slot.and_then(|slot| self.names.get(&slot).cloned()),
            path: told.path,
            value: told.value,
            reason: told.reason,
        });
        Element { number: kept.number, at: kept.at, misfits: misfits.collect() }
    }
}

impl RowSource for DocumentRows {
    fn columns(&self) -> &[SourceColumn] {
        &self.columns
    }

    /// What has no element, or none with anything in it, says nothing of the columns that it would have.
    fn shaped(&self) -> bool {
        self.shaped && !self.columns.is_empty()
    }

    /// What elements are bound to, as rows of the same columns. Only once.
    fn bound(&mut self) -> Option<Box<dyn RowSource>> {
        let rows = self.told.take().filter(|told| !told.is_empty())?;
        let (columns, slots, names) = (self.columns.clone(), self.slots.clone(), self.names.clone());
        let places = HashMap::new();
        let told = DocumentRows {
            columns,
            shaped: self.shaped,
            slots,
            names,
            rows,
            told: None,
            lines: self.lines,
            places,
            width: 0,
            ahead: None,
        };
        Some(Box::new(told))
    }

    fn project(&mut self, names: &[&str]) -> Result<()> {
        self.places.clear();
        for (place, name) in names.iter().enumerate() {
            if let Some((slot, _)) = self.slots.iter().find(|(_, slot)| slot == name) {
                self.places.insert(*slot, place);
            }
        }
        self.width = names.len();
        self.ahead = None;
        self.rows.rewind()
    }

    /// The next rows, all of one file. Errors: 58030.
    fn next(&mut self) -> Result<Option<SourceBatch>> {
        let mut columns: Vec<StringBuilder> = (0..self.width).map(|_| StringBuilder::new()).collect();
        let (mut elements, mut bytes, mut from) = (Vec::new(), 0_usize, None);
        while elements.len() < BATCH_ROWS && bytes < BATCH_BYTES {
            let Some(mut kept) = self.ahead.take().map_or_else(|| self.rows.next(), |kept| Ok(Some(kept)))?
            else {
                break;
            };
            if *from.get_or_insert(kept.from) != kept.from {
                self.ahead = Some(kept);
                break;
            }
            let mut values: Vec<Option<String>> = vec![None; self.width];
            for (slot, value) in std::mem::take(&mut kept.values) {
                if let Some(place) = self.places.get(&slot).and_then(|place| values.get_mut(*place)) {
                    bytes = bytes.saturating_add(value.len());
                    *place = Some(value);
                }
            }
            for (column, value) in columns.iter_mut().zip(values) {
                column.append_option(value);
            }
            bytes = bytes.saturating_add(64);
            elements.push(self.element(kept));
        }
        let Some(from) = from else { return Ok(None) };
        let batch = text_batch(columns, elements.len())?;
        let elements = Elements { lines: self.lines, rows: elements.into() };
        Ok(Some(SourceBatch {
            from: self.rows.from(from),
            first_row: 0,
            rows: None,
            elements: Some(elements),
            batch,
        }))
    }
}
