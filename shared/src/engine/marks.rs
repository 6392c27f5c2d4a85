//! How far a cursor has come: one mark for the whole table, or one for each group of its rows.

use std::collections::BTreeMap;

use arrow::array::Array;
use arrow::record_batch::RecordBatch;

use crate::convert::{Converted, Converter, text};
use crate::cursor::CursorValue;
use crate::error::{Error, Kind, Result};

/// The most groups that a cursor may have: the marks of all of them are held in memory.
const MOST: usize = 100_000;

/// A mark per group, and one for the groups that have none. A cursor without groups has the latter alone.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Marks {
    pub groups: BTreeMap<String, CursorValue>,
    pub otherwise: Option<CursorValue>,
}

impl Marks {
    /// The same mark for all.
    pub fn all(value: CursorValue) -> Marks {
        Marks { groups: BTreeMap::new(), otherwise: Some(value) }
    }

    /// The mark of a group; None where it was never met and is to be read from its beginning.
    pub fn of(&self, group: &str) -> Option<&CursorValue> {
        self.groups.get(group).or(self.otherwise.as_ref())
    }

    /// No row with a lesser value is of interest, whatever its group; None where a group that was never
    /// met may begin anywhere.
    pub fn least(&self) -> Option<&CursorValue> {
        let least = |a, b| if b < a { b } else { a };
        Some(self.groups.values().fold(self.otherwise.as_ref()?, least))
    }

    /// Whether there is any.
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty() && self.otherwise.is_none()
    }

    /// Each mark as `moved` makes it.
    pub fn map(&self, moved: impl Fn(&CursorValue) -> CursorValue) -> Marks {
        let groups = self.groups.iter().map(|(group, value)| (group.clone(), moved(value)));
        Marks { groups: groups.collect(), otherwise: self.otherwise.as_ref().map(&moved) }
    }

    /// Moves a group's mark up to a value. Errors: 54000 for too many groups.
    pub fn raise(&mut self, group: &str, value: CursorValue) -> Result<()> {
        if let Some(mark) = self.groups.get_mut(group) {
            if value > *mark {
                *mark = value;
            }
            return Ok(());
        }
        if self.groups.len() >= MOST {
            return Err(Error::new(Kind::LimitExceeded, format!("a cursor has more than {MOST} groups"))
                .hint("take columns with fewer values for the cursor's \"by\""));
        }
        self.groups.insert(group.to_owned(), value);
        Ok(())
    }
}

/// One of the columns that make the groups of a cursor.
pub(crate) struct Grouping {
    /// What the log calls it.
    pub label: String,
    /// The column of the source.
    pub source: String,
    /// To the type of staging.
    pub converter: Converter,
}

/// What the log calls the groups of a batch's rows: `{"shop_id":"1"}`, a NULL as null, and an empty text where there are
/// no columns to group by.
pub(crate) struct Groups(Vec<Vec<Option<String>>>);

impl Groups {
    /// `places` are those of the columns in the batch.
    pub fn of(by: &[Grouping], batch: &RecordBatch, places: &[usize]) -> Groups {
        let columns = by.iter().zip(places).filter_map(|(grouping, place)| {
            let label = serde_json::Value::from(grouping.label.as_str());
            Some(members(&label.to_string(), &grouping.converter.convert(batch.columns().get(*place)?)))
        });
        Groups(columns.collect())
    }

    /// Writes the group of a row; false where it has none, because a value does not fit its column.
    pub fn write(&self, row: usize, out: &mut String) -> bool {
        out.clear();
        for (i, column) in self.0.iter().enumerate() {
            let Some(Some(member)) = column.get(row) else { return false };
            out.push(if i == 0 { '{' } else { ',' });
            out.push_str(member);
        }
        if !self.0.is_empty() {
            out.push('}');
        }
        true
    }
}

/// The values of a column as members of JSON objects: strings, or null. None for one that does not fit.
fn members(label: &str, values: &Converted) -> Vec<Option<String>> {
    let write = text::writer(&values.array);
    let member = |row: usize| {
        let mut out = String::new();
        match &write {
            Some(write) if values.array.is_valid(row) => write(row, &mut out),
            _ if values.bad.binary_search_by_key(&row, |bad| bad.row).is_ok() => return None,
            _ => return Some(format!("{label}:null")),
        }
        Some(format!("{label}:{}", serde_json::Value::from(out)))
    };
    (0..values.array.len()).map(member).collect()
}

/// Whether a group of the log is made of these columns, in this order.
pub(crate) fn is_of(group: &str, labels: &[&str]) -> bool {
    if labels.is_empty() || group.is_empty() {
        return labels.is_empty() && group.is_empty();
    }
    let found: Option<BTreeMap<String, Option<String>>> = serde_json::from_str(group).ok();
    found.is_some_and(|found| found.len() == labels.len() && labels.iter().all(|l| found.contains_key(*l)))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array, StringArray};
    use arrow::datatypes::DataType;

    use super::*;
    use crate::convert::Options;
    use crate::session::Dialect;
    use crate::types::ColumnType;

    fn number(n: i128) -> CursorValue {
        CursorValue::Number { unscaled: n, scale: 0 }
    }

    #[test]
    fn parts_are_left_out_by_the_least_mark_if_new_groups_have_one_too() {
        let mut marks = Marks::default();
        assert_eq!(marks.least(), None);
        marks.raise("a", number(7)).unwrap();
        marks.raise("b", number(3)).unwrap();
        marks.raise("b", number(2)).unwrap();
        assert_eq!((marks.of("a"), marks.of("c"), marks.least()), (Some(&number(7)), None, None));
        marks.otherwise = Some(number(5));
        assert_eq!((marks.of("b"), marks.of("c")), (Some(&number(3)), Some(&number(5))));
        assert_eq!(marks.least(), Some(&number(3)));
        marks.otherwise = Some(number(1));
        assert_eq!(marks.least(), Some(&number(1)));
        assert_eq!(Marks::all(number(4)).least(), Some(&number(4)));
    }

    #[test]
    fn a_group_is_named_by_its_columns() {
        let options = Options { time_zone: None, dialect: Dialect::Sqlite };
        let grouping = |label: &str, from: DataType, to: ColumnType| Grouping {
            label: label.to_owned(),
            source: label.to_owned(),
            converter: Converter::new(&from, &to, &options).unwrap(),
        };
        let text = ColumnType::Text { max_chars: None };
        let by =
            [grouping("shop", DataType::Int64, ColumnType::Int8), grouping("kind", DataType::Utf8, text)];
        let shops: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), None]));
        let kinds: ArrayRef = Arc::new(StringArray::from(vec!["r\"o", "ro"]));
        let batch = RecordBatch::try_from_iter([("shop", shops), ("kind", kinds)]).unwrap();
        let groups = Groups::of(&by, &batch, &[0, 1]);
        let mut out = String::new();
        assert!(groups.write(0, &mut out));
        assert_eq!(out, r#"{"shop":"1","kind":"r\"o"}"#);
        assert!(is_of(&out, &["shop", "kind"]) && !is_of(&out, &["shop"]) && !is_of(&out, &[]));
        assert!(groups.write(1, &mut out));
        assert_eq!(out, r#"{"shop":null,"kind":"ro"}"#);
        let none = Groups::of(&[], &batch, &[]);
        assert!(none.write(0, &mut out) && out.is_empty() && is_of(&out, &[]));
    }
}
