//! Records to Arrow batches of text.

use std::borrow::Cow;
use std::io::Read;
use std::sync::Arc;

use arrow::array::{ArrayRef, StringBuilder};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::record_batch::{RecordBatch, RecordBatchOptions};

use super::records::{Fields, Records, Spot};
use super::{SourceBatch, SourceColumn};
use crate::error::{Error, Kind, Result};
use crate::types::ColumnType;

/// A batch ends with so many rows, or with so many bytes of text.
pub(super) const BATCH_ROWS: usize = 4096;
pub(super) const BATCH_BYTES: usize = 8 * 1024 * 1024;

/// Puts the values of a record into the places of their columns, where NULLs are.
pub(crate) type Fill<'f> =
    dyn for<'a> FnMut(Spot, &Fields<'a>, &mut [Option<Cow<'a, str>>]) -> Result<()> + 'f;

/// A column that records fill.
pub(crate) fn column(name: String) -> SourceColumn {
    SourceColumn {
        name,
        data_type: DataType::Utf8,
        source_type: "JSON".to_owned(),
        natural: ColumnType::Text { max_chars: None },
        nullable: true,
    }
}

/// The next records as rows of so many columns; None at their end. `from` is what messages call what
/// they are rows of. Errors: those of [`Records::next`] and of `fill`.
pub(crate) fn batch<R: Read>(
    records: &mut Records<R>,
    width: usize,
    from: &Arc<str>,
    fill: &mut Fill<'_>,
) -> Result<Option<SourceBatch>> {
    let mut columns: Vec<StringBuilder> = (0..width).map(|_| StringBuilder::new()).collect();
    let (mut rows, mut bytes, mut first_row) = (0, 0_usize, 0);
    while rows < BATCH_ROWS
        && bytes < BATCH_BYTES
        && records.next(&mut |spot, fields| {
            if rows == 0 {
                first_row = spot.row;
            }
            let mut values: Vec<Option<Cow<'_, str>>> = vec![None; width];
            fill(spot, fields, &mut values)?;
            for (column, value) in columns.iter_mut().zip(values) {
                bytes = bytes.saturating_add(value.as_ref().map_or(1, |text| text.len()));
                column.append_option(value);
            }
            Ok(())
        })?
    {
        rows += 1;
    }
    if rows == 0 {
        return Ok(None);
    }
    let batch = text_batch(columns, rows)?;
    Ok(Some(SourceBatch { from: Arc::clone(from), first_row, rows: None, elements: None, batch }))
}

/// Columns of text as a batch of so many rows.
pub(super) fn text_batch(mut columns: Vec<StringBuilder>, rows: usize) -> Result<RecordBatch> {
    let arrays: Vec<ArrayRef> = columns.iter_mut().map(|c| Arc::new(c.finish()) as ArrayRef).collect();
    let fields: Vec<Field> =
        (0..arrays.len()).map(|place| Field::new(place.to_string(), DataType::Utf8, true)).collect();
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options)
        .map_err(|e| Error::new(Kind::Internal, e.to_string()))
}
