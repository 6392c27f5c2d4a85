//! The records of one table of an archive as rows.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{self, Read};
use std::path::Path;
use std::slice;
use std::sync::{Arc, Mutex};

use serde_json::value::RawValue;

use super::check::{Stored, entry_label};
use super::stream::{Stream, invalid};
use crate::error::{Error, Kind, Result};
use crate::source::files::Identity;
use crate::source::records::{self, Records};
use crate::source::{RowSource, SourceBatch, SourceColumn, rows};

/// A column of a source that is made of a table's records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The source's column.
    pub name: String,
    /// The key of the records: one of [`TableHeader::keys`](super::TableHeader::keys).
    pub key: String,
    /// Which item of the array that stands there, from 0: for a reference by several columns.
    pub item: Option<usize>,
    /// A prefix that is taken off the text where it begins so: `berlin:`.
    pub strip: Option<String>,
}

/// An archive that was checked, and its stream while no source reads it.
#[derive(Debug)]
pub(super) struct Shared {
    pub path: Arc<Path>,
    pub identity: Identity,
    pub idle: Mutex<Option<Stream>>,
}

impl Shared {
    /// A stream at this place: the one that is open, where it has not come too far.
    fn at(&self, position: u64) -> Result<Stream> {
        let idle = self.idle.lock().ok().and_then(|mut idle| idle.take());
        if let Some(mut stream) = idle
            && stream.skip_to(position)?
        {
            return Ok(stream);
        }
        let mut stream = Stream::open(Arc::clone(&self.path), Some(self.identity))?;
        stream.skip_to(position)?;
        Ok(stream)
    }
}

/// A part of an archive. Its stream is for the next source when it is dropped.
#[derive(Debug)]
struct Part {
    shared: Arc<Shared>,
    stream: Option<Stream>,
    end: u64,
}

impl Read for Part {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(stream) = &mut self.stream else { return Ok(0) };
        let left = self.end.saturating_sub(stream.position());
        Read::take(stream, left).read(buffer)
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if let Ok(mut idle) = self.shared.idle.lock() {
            *idle = self.stream.take();
        }
    }
}

/// The records of one table as columns of text.
#[derive(Debug)]
pub struct ArchiveSource {
    shared: Arc<Shared>,
    /// How messages call the rows' origin, and the entry.
    from: Arc<str>,
    label: Arc<str>,
    records: (u64, u64),
    line: u64,
    columns: Vec<SourceColumn>,
    fields: Vec<Column>,
    /// The places of the projected columns, by their keys.
    wanted: HashMap<String, Vec<(usize, Column)>>,
    width: usize,
    state: State,
}

#[derive(Debug)]
enum State {
    Start,
    Reading(Box<Records<Part>>),
    End,
}

/// How a column is taken out of the value of its key.
#[derive(Debug, Clone)]
struct Column {
    field: Field,
    /// How many items the value has.
    width: usize,
}

impl ArchiveSource {
    /// Errors: 42703 for a key that the header does not have, 22023 for an item of what has not so many.
    pub(super) fn new(
        shared: Arc<Shared>,
        called: &str,
        stored: &Stored,
        fields: Vec<Field>,
    ) -> Result<Self> {
        let widths: HashMap<String, usize> =
            stored.header.keys().map(|(key, r)| (key, r.map_or(1, super::Reference::width))).collect();
        let label = entry_label(called, &stored.file);
        let column = |field: Field| match widths.get(&field.key) {
            None => Err(Error::new(Kind::UndefinedColumn, format!("{label} has no key \"{}\"", field.key))),
            Some(width) if field.item.map_or(*width > 1, |item| item >= *width) => Err(Error::new(
                Kind::InvalidParameter,
                format!("key \"{}\" of {label} has {width} items", field.key),
            )),
            Some(width) => Ok(Column { field, width: *width }),
        };
        let columns = fields.iter().map(|field| rows::column(field.name.clone())).collect();
        let fields = fields.into_iter().map(column).collect::<Result<Vec<_>>>()?;
        let mut source = ArchiveSource {
            from: format!("\"{}\" in {called}", stored.file).into(),
            label,
            records: (stored.records, stored.end),
            line: stored.line,
            shared,
            columns,
            wanted: HashMap::new(),
            width: 0,
            fields,
            state: State::Start,
        };
        source.want(&source.fields.clone());
        Ok(source)
    }

    fn want(&mut self, columns: &[Column]) {
        self.width = columns.len();
        self.wanted.clear();
        for (place, column) in columns.iter().enumerate() {
            self.wanted.entry(column.field.key.clone()).or_default().push((place, column.clone()));
        }
        self.state = State::Start;
    }

    fn advance(&mut self) -> Result<Option<SourceBatch>> {
        let (start, end) = self.records;
        if matches!(self.state, State::Start) {
            let stream = Some(self.shared.at(start)?);
            let part = Part { shared: Arc::clone(&self.shared), stream, end };
            let records = Records::inside(part, Arc::clone(&self.label), self.line);
            self.state = State::Reading(Box::new(records));
        }
        let State::Reading(reading) = &mut self.state else { return Ok(None) };
        let (label, wanted) = (&self.label, &self.wanted);
        let batch = rows::batch(reading, self.width, &self.from, &mut |spot, fields, values| {
            for (key, value) in fields {
                for (place, column) in wanted.get(key.as_ref()).into_iter().flatten() {
                    let item = column.item(value).ok_or_else(|| {
                        let row = spot.row.saturating_add(1);
                        invalid(
                            label,
                            format!("Row {row}: \"{key}\" is not an array of {} values.", column.width),
                        )
                    })?;
                    let text =
                        records::text_of(item).map_err(|unfit| records::refused(label, spot, unfit))?;
                    if let Some(slot) = values.get_mut(*place) {
                        *slot = text.map(|text| column.stripped(text));
                    }
                }
            }
            Ok(())
        })?;
        if batch.is_none() {
            if let Some(stream) = &reading.input.stream {
                stream.check_unchanged()?;
            }
            self.state = State::End;
        }
        Ok(batch)
    }
}

impl Column {
    /// The item of a value; None where the value is not what the header says.
    fn item<'a>(&self, value: &&'a RawValue) -> Option<&'a RawValue> {
        let items = items(value, self.width)?;
        // A reference to nothing is null as a whole.
        items.get(self.field.item.unwrap_or(0)).or(items.first()).copied()
    }

    fn stripped<'a>(&self, text: Cow<'a, str>) -> Cow<'a, str> {
        let Some(prefix) = &self.field.strip else { return text };
        match text {
            Cow::Borrowed(text) => text.strip_prefix(prefix.as_str()).unwrap_or(text).into(),
            Cow::Owned(text) => text.strip_prefix(prefix.as_str()).map(str::to_owned).unwrap_or(text).into(),
        }
    }
}

/// The items of a value that has so many; of one item it is the value itself, and of none null.
/// None where it has another number of them.
pub(super) fn items<'f, 'a>(value: &'f &'a RawValue, width: usize) -> Option<Cow<'f, [&'a RawValue]>> {
    if width <= 1 || value.get() == "null" {
        return Some(slice::from_ref(value).into());
    }
    serde_json::from_str(value.get()).ok().filter(|items: &Vec<_>| items.len() == width).map(Cow::Owned)
}

impl RowSource for ArchiveSource {
    fn columns(&self) -> &[SourceColumn] {
        &self.columns
    }

    /// Reads only these columns, in this order, from the first record on. Errors: 42703 for a column that
    /// is none of the source's, 42701 for a name given twice.
    fn project(&mut self, names: &[&str]) -> Result<()> {
        let mut columns: Vec<Column> = Vec::with_capacity(names.len());
        for name in names {
            if columns.iter().any(|column| column.field.name == *name) {
                return Err(Error::new(Kind::DuplicateColumn, format!("column \"{name}\" is named twice")));
            }
            let column = self.fields.iter().find(|column| column.field.name == *name).ok_or_else(|| {
                Error::new(Kind::UndefinedColumn, format!("{} has no column \"{name}\"", self.label))
            })?;
            columns.push(column.clone());
        }
        self.want(&columns);
        Ok(())
    }

    /// The next records. Errors: those of [`super::Archive::source`].
    fn next(&mut self) -> Result<Option<SourceBatch>> {
        let result = self.advance();
        if result.is_err() {
            self.state = State::End;
        }
        result
    }
}
