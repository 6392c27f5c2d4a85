//! What a cursor does to the rows of a source on their way into staging: those before its bound are
//! left out, the greatest value is kept, and NULL has its policy.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray};
use arrow::compute::filter_record_batch;

use crate::convert::Converter;
use crate::cursor::CursorValue;
use crate::error::{Error, Kind, Result};
use crate::plan::NullCursor;
use crate::source::{Skips, SourceBatch};
use crate::value::count;

use super::faults::broken;
use super::marks::{Grouping, Groups, Marks};
use super::stage::SHOWN;

/// The rule of one table's cursor, and what it met.
pub(crate) struct Cut {
    /// The table, as the plan writes it.
    pub table: String,
    /// The column of the source.
    pub column: String,
    /// To the type of staging.
    pub converter: Converter,
    /// What makes the groups of its rows.
    pub by: Vec<Grouping>,
    /// Rows with a lesser value than their group's are left out.
    pub bounds: Marks,
    pub on_null: NullCursor,
    /// The greatest value of all rows, those left out included, by group.
    pub highest: Marks,
    /// Rows without a value that the policy leaves out.
    pub excluded: i64,
}

impl Cut {
    /// Where the columns that it looks at are among these: the cursor's, then those of its groups.
    pub fn places(&self, names: &[&str]) -> Vec<usize> {
        let columns = std::iter::once(&self.column).chain(self.by.iter().map(|b| &b.source));
        columns.filter_map(|column| names.iter().position(|name| name == column)).collect()
    }

    /// The rows of a batch that are staged; `places` is what [`Cut::places`] said of its columns. A value that
    /// does not fit its column is left to whoever converts the row.
    ///
    /// Errors: 23502 for a NULL where the policy is `error`; 54000 for too many groups.
    pub fn apply(&mut self, source: SourceBatch, places: &[usize]) -> Result<SourceBatch> {
        let Some((index, by)) = places.split_first() else { return Ok(source) };
        let Some(values) = source.batch.columns().get(*index) else { return Ok(source) };
        let converted = self.converter.convert(values);
        let groups = Groups::of(&self.by, &source.batch, by);
        let mut group = String::new();
        let mut keep = vec![true; source.batch.num_rows()];
        let mut nulls = Vec::new();
        for (row, keep) in keep.iter_mut().enumerate() {
            match CursorValue::at(&converted.array, self.converter.target(), row) {
                Some(value) => {
                    if groups.write(row, &mut group) {
                        *keep = self.bounds.of(&group).is_none_or(|bound| value >= *bound);
                        self.highest.raise(&group, value)?;
                    }
                }
                None if converted.bad.binary_search_by_key(&row, |bad| bad.row).is_ok() => {}
                None if !source.misfits(row).is_empty() => {}
                None => {
                    nulls.push(row);
                    *keep = self.on_null == NullCursor::Include;
                }
            }
        }
        match self.on_null {
            NullCursor::Error if !nulls.is_empty() => return Err(self.null_values(&source, &nulls)),
            NullCursor::Exclude => self.excluded += count(nulls.len()),
            NullCursor::Error | NullCursor::Include => {}
        }
        if keep.iter().all(|keep| *keep) {
            return Ok(source);
        }
        let kept = || keep.iter().enumerate().filter(|(_, keep)| **keep).map(|(row, _)| row);
        let rows: Arc<[u64]> = kept().map(|row| source.place(row)).collect();
        let elements = source.elements.as_ref().map(|elements| elements.only(kept()));
        let batch = filter_record_batch(&source.batch, &BooleanArray::from(keep)).map_err(|e| broken(&e))?;
        Ok(SourceBatch { rows: Some(rows), elements, batch, ..source })
    }

    /// Tells a source which of its parts hold nothing but rows before the bound of every group; None where
    /// there is no such bound.
    pub fn skips(&self) -> Option<Skips> {
        let (converter, bound) = (self.converter.clone(), self.bounds.least()?.clone());
        Some(Skips(Box::new(move |greatest: &ArrayRef| {
            let converted = converter.convert(greatest);
            let at = |row| CursorValue::at(&converted.array, converter.target(), row);
            (0..greatest.len()).map(|row| at(row).is_some_and(|value| value < bound)).collect()
        })))
    }

    fn null_values(&self, source: &SourceBatch, rows: &[usize]) -> Error {
        let lines = rows.iter().take(SHOWN).map(|row| source.spot(*row, &self.column));
        Error::new(
            Kind::NullValue,
            format!("NULL in cursor column \"{}\" of table \"{}\"", self.column, self.table),
        )
        .detail(lines.collect::<Vec<_>>().join("\n"))
        .hint("set the cursor's \"on_null\" to \"include\" or \"exclude\" if this is meant")
    }
}
