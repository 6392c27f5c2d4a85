//! Rows to lines of JSON, an object each, so that an import of them gives the same rows.

use std::path::Path;

use arrow::array::{Array, AsArray};
use arrow::record_batch::RecordBatch;

use crate::convert::text;
use crate::error::{Error, Kind, Result};
use crate::source::compact_json;
use crate::types::ColumnType;

use super::{LinesExport, check_names};

/// A file of newline-delimited JSON being written.
#[derive(Debug)]
pub struct JsonExport {
    lines: LinesExport,
    /// The names as JSON, and the types.
    columns: Vec<(String, ColumnType)>,
}

impl JsonExport {
    /// Starts a file with these columns. Errors: those of [`LinesExport::create`], 42701 for two columns of
    /// one name, 22023 for no columns.
    pub fn create(path: &Path, overwrite: bool, columns: &[(String, ColumnType)]) -> Result<Self> {
        check_names(columns)?;
        let lines = LinesExport::create(path, overwrite)?;
        let columns = columns.iter().map(|(name, ty)| (quoted(name), ty.clone())).collect();
        Ok(JsonExport { lines, columns })
    }

    /// Adds rows: as many columns as declared, of the types that [`ColumnType::arrow`] allows. Errors: 58030.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let writers = batch.columns().iter().map(|array| {
            let writer = text::writer(array.as_ref());
            writer.ok_or_else(|| Error::new(Kind::Internal, "an export got a type that has no text"))
        });
        let writers = writers.collect::<Result<Vec<_>>>()?;
        let (mut line, mut text) = (String::new(), String::new());
        for row in 0..batch.num_rows() {
            line.clear();
            let values = self.columns.iter().zip(batch.columns().iter().zip(&writers));
            for (place, ((name, ty), (array, write))) in values.enumerate() {
                line.push(if place == 0 { '{' } else { ',' });
                line.push_str(name);
                line.push(':');
                text.clear();
                write(row, &mut text);
                line.push_str(&spelled(ty, &text, array.as_ref(), row));
            }
            line.push('}');
            self.lines.write(&line)?;
        }
        Ok(())
    }

    /// Makes the file durable, gives it its name and returns its rows. Errors: 58P02, 58030.
    pub fn finish(self) -> Result<u64> {
        self.lines.finish()
    }
}

/// A value, whose text is given, as JSON.
fn spelled(ty: &ColumnType, text: &str, array: &dyn Array, row: usize) -> String {
    if array.is_null(row) {
        return "null".to_owned();
    }
    // Infinity and NaN are no numbers in JSON.
    let finite = text.ends_with(|c: char| c.is_ascii_digit());
    match ty {
        ColumnType::Bool => array.as_boolean_opt().is_some_and(|array| array.value(row)).to_string(),
        ty if ty.is_number() && finite => text.to_owned(),
        // Of a JSON string only its characters would come back.
        ColumnType::Json if text.trim_start().starts_with(['{', '[']) => {
            compact_json(text).unwrap_or_else(|| quoted(text))
        }
        _ => quoted(text),
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
