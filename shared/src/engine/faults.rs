//! Rows that do not fit, set aside while a batch is converted.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray, StringArray};
use arrow::compute::filter_record_batch;
use arrow::datatypes::{Field, Schema};
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;

use crate::convert::{Bad, json_of};
use crate::error::{Error, Kind, Result};
use crate::session::Batch;
use crate::source::{Misfit, SourceBatch};

use super::entries::Cell;

/// What a value was to fill.
pub(super) struct Of<'a> {
    /// The column for people.
    pub label: &'a str,
    /// The column of staging.
    pub name: &'a str,
    /// The source's column.
    pub source: &'a str,
    /// A rule of the plan makes other values of its values.
    pub converted: bool,
}

/// The faults of one batch, by row.
#[derive(Default)]
pub(super) struct Faults(BTreeMap<usize, Fault>);

#[derive(Default)]
struct Fault {
    /// A value was bad; else all that is wrong is a NULL in the key.
    bad_value: bool,
    /// What is wrong, a clause per fault.
    clauses: Vec<String>,
    /// The values that have no place in a typed column: `"name":json`.
    values: Vec<String>,
}

/// A batch as staging takes it, and the rows that it does not take.
pub(super) struct Sorted {
    pub staged: Batch,
    /// The same columns, then reason, detail and the values that fit no column.
    pub refused: Option<Batch>,
}

impl Faults {
    /// Sets a value of an array aside that does not fit.
    pub(super) fn bad_value(&mut self, of: &Of<'_>, array: &ArrayRef, bad: &Bad, source: &SourceBatch) {
        let json = json_of(array, bad.row);
        let json = if of.converted { Cell::unconverted(&json) } else { json };
        let what = format!("{}: {:?} {}{}", of.label, bad.value, bad.reason, place(bad.row, of, source));
        self.set_aside(bad.row, of, what, &json);
    }

    /// Sets a row aside in which something is of another shape: a value, or the row as a whole.
    pub(super) fn misfit(&mut self, row: usize, of: &Of<'_>, misfit: &Misfit, source: &SourceBatch) {
        let Misfit { column, path, value, reason } = misfit;
        let label = column.as_ref().map(|_| format!("{}: ", of.label)).unwrap_or_default();
        let what = format!("{label}{value} {reason} ({})", source.spot(row, path));
        self.set_aside(row, of, what, &Cell::misfit(misfit));
    }

    fn set_aside(&mut self, row: usize, of: &Of<'_>, clause: String, json: &str) {
        let fault = self.0.entry(row).or_default();
        fault.bad_value = true;
        fault.clauses.push(clause);
        let name = format!("{}:", serde_json::Value::from(of.name));
        // What is said of the row as a whole stands in place of a value.
        if !fault.values.iter().any(|value| value.starts_with(&name)) {
            fault.values.push(format!("{name}{json}"));
        }
    }

    /// Sets a row aside for a NULL.
    pub(super) fn null(&mut self, row: usize, of: &Of<'_>, in_key: bool, source: &SourceBatch) {
        let fault = self.0.entry(row).or_default();
        fault.bad_value |= !in_key;
        fault.clauses.push(format!("{}: NULL is not allowed{}", of.label, place(row, of, source)));
    }

    /// Divides the converted columns into the rows that fit and those that do not.
    pub(super) fn sort_out(self, arrays: Vec<ArrayRef>) -> Result<Sorted> {
        let whole = batch(arrays)?;
        if self.0.is_empty() {
            return Ok(Sorted { staged: Arc::new(whole), refused: None });
        }
        let good = BooleanArray::from_iter((0..whole.num_rows()).map(|row| Some(!self.0.contains_key(&row))));
        let bad = BooleanArray::from_iter((0..whole.num_rows()).map(|row| Some(self.0.contains_key(&row))));
        let staged = filter_record_batch(&whole, &good).map_err(|e| broken(&e))?;
        let mut refused = filter_record_batch(&whole, &bad).map_err(|e| broken(&e))?.columns().to_vec();
        let reasons = self.0.values().map(|f| if f.bad_value { "bad_value" } else { "null_key" });
        refused.push(Arc::new(StringArray::from_iter_values(reasons)));
        let details = self.0.values().map(|f| f.clauses.join("; "));
        refused.push(Arc::new(StringArray::from_iter_values(details)));
        let values =
            self.0.values().map(|f| (!f.values.is_empty()).then(|| format!("{{{}}}", f.values.join(","))));
        refused.push(Arc::new(StringArray::from_iter(values)));
        Ok(Sorted { staged: Arc::new(staged), refused: Some(Arc::new(batch(refused)?)) })
    }
}

/// Where a value in documents is; nothing of other sources, whose rows are known by their keys.
fn place(row: usize, of: &Of<'_>, source: &SourceBatch) -> String {
    source.elements.as_ref().map(|_| format!(" ({})", source.spot(row, of.source))).unwrap_or_default()
}

/// Columns of one length as a batch; a load goes by their places.
fn batch(arrays: Vec<ArrayRef>) -> Result<RecordBatch> {
    let fields =
        arrays.iter().enumerate().map(|(i, a)| Field::new(i.to_string(), a.data_type().clone(), true));
    let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    RecordBatch::try_new(schema, arrays).map_err(|e| broken(&e))
}

/// Arrays that are no batch: a fault of ours.
pub(super) fn broken(error: &ArrowError) -> Error {
    Error::new(Kind::Internal, "a batch does not hold together").detail(error.to_string())
}

#[cfg(test)]
mod tests {
    use arrow::array::{AsArray, Int64Array};
    use arrow::datatypes::Int64Type;

    use super::*;

    fn bad(row: usize, value: &str) -> Bad {
        Bad { row, kind: Kind::InvalidText, value: value.to_owned(), reason: "is no number".to_owned() }
    }

    #[test]
    fn rows_that_do_not_fit_are_parted_from_those_that_do() {
        let source: ArrayRef = Arc::new(StringArray::from(vec!["1", "x", "3", "a\0b"]));
        let batch = RecordBatch::try_from_iter([("n", Arc::clone(&source))]).unwrap();
        let rows = SourceBatch { from: "t".into(), first_row: 0, rows: None, elements: None, batch };
        let n = Of { label: "n", name: "n", source: "n", converted: false };
        let mut faults = Faults::default();
        faults.bad_value(&n, &source, &bad(1, "x"), &rows);
        let id = Of { label: "id", name: "id", source: "id", converted: false };
        faults.null(1, &id, true, &rows);
        faults.null(2, &id, true, &rows);
        faults.bad_value(&n, &source, &bad(3, "a"), &rows);
        let sorted = faults.sort_out(vec![Arc::new(Int64Array::from(vec![1, 2, 3, 4]))]).unwrap();
        assert_eq!(sorted.staged.column(0).as_primitive::<Int64Type>().values(), &[1]);
        let refused = sorted.refused.unwrap();
        assert_eq!(refused.column(0).as_primitive::<Int64Type>().values(), &[2, 3, 4]);
        let texts = |i: usize| refused.column(i).as_string::<i32>().iter().collect::<Vec<_>>();
        assert_eq!(texts(1), [Some("bad_value"), Some("null_key"), Some("bad_value")]);
        assert_eq!(texts(2)[0], Some("n: \"x\" is no number; id: NULL is not allowed"));
        assert_eq!(texts(3), [Some(r#"{"n":"x"}"#), None, Some(r#"{"n":{"bytes":"\\x610062"}}"#)]);
    }

    #[test]
    fn a_batch_without_faults_is_handed_on_whole() {
        let sorted = Faults::default().sort_out(vec![Arc::new(Int64Array::from(vec![1, 2]))]).unwrap();
        assert_eq!(sorted.staged.num_rows(), 2);
        assert!(sorted.refused.is_none());
    }
}
