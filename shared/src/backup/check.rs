//! The first reading of an archive, which checks all of it before anything else happens.

use std::collections::{HashMap, HashSet};
use std::io::{Cursor, Read};
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, FixedOffset};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::Pulse;
use super::document::{FORMAT_VERSION, INDEX, Index, Reference, TableFile, TableHeader};
use super::entries::{Content, Entry, Then, walk};
use super::source::items;
use super::stream::{Stream, beyond, invalid};
use crate::error::{Error, Kind, Result};
use crate::export::hex;
use crate::source::files::Identity;
use crate::source::records::{self, Fields, Records, Spot, unreadable};

/// The most bytes of an index, of what stands before the records of a table, and of that of all tables.
const MAX_INDEX: u64 = 16 * 1024 * 1024;
pub(super) const MAX_HEADER: usize = 1024 * 1024;
const MAX_HEADERS: usize = 64 * 1024 * 1024;
/// How much of a table's file is read at first to find its records; then as much again.
const START: u64 = 16 * 1024;
/// After how many records a cancel is looked for.
const PULSE: u64 = 64;

/// A table in an archive.
#[derive(Debug)]
pub(super) struct Stored {
    pub header: TableHeader,
    /// The entry's name.
    pub file: String,
    /// Where its first record and its end are in the unpacked archive.
    pub records: u64,
    pub end: u64,
    /// The line of the entry in which the records begin.
    pub line: u64,
}

/// Reads an archive whole. The tables come in the order of the index.
///
/// Errors: those of [`super::Archive::open`] for a file.
pub(super) fn check(path: Arc<Path>, pulse: Pulse<'_>) -> Result<(Identity, Index, Vec<Stored>)> {
    let mut stream = Stream::open(path, None)?;
    let called = Arc::clone(stream.called());
    let mut index: Option<Index> = None;
    let mut known = HashSet::new();
    let mut found = HashMap::new();
    let mut headers = 0;
    walk(&mut stream, pulse, &mut |entry, content, pulse| {
        if entry.name == INDEX {
            let read = read_index(&called, entry, content)?;
            known = read.files.values().map(|table| table.file.clone()).collect();
            index = Some(read);
            return Ok(Then::GoOn);
        }
        if index.is_some() && !known.contains(&entry.name) {
            return Err(unknown(&called, &entry.name));
        }
        let (stored, file, length) = table(&called, entry, content, pulse)?;
        headers += length;
        if headers > MAX_HEADERS {
            return Err(beyond(&called, "Its tables say more than 64 MiB before their records."));
        }
        found.insert(file.file.clone(), (stored, file));
        Ok(Then::GoOn)
    })?;
    stream.check_unchanged()?;
    let index = index.ok_or_else(|| no_index(&called))?;
    let tables = agree(&called, &index, found)?;
    Ok((stream.identity(), index, tables))
}

/// The moment of an archive's export, of which only the index is read.
///
/// Errors: those of [`super::Archive::open`] for a file.
pub(super) fn created(path: Arc<Path>, pulse: Pulse<'_>) -> Result<DateTime<FixedOffset>> {
    let mut stream = Stream::open(path, None)?;
    let called = Arc::clone(stream.called());
    let mut created = None;
    walk(&mut stream, pulse, &mut |entry, content, _| {
        if entry.name != INDEX {
            return Ok(Then::GoOn);
        }
        created = Some(moment(&called, &read_index(&called, entry, content)?)?);
        Ok(Then::Stop)
    })?;
    created.ok_or_else(|| no_index(&called))
}

fn no_index(called: &str) -> Error {
    invalid(called, format!("It has no \"{INDEX}\"."))
}

fn unknown(called: &str, file: &str) -> Error {
    invalid(called, format!("Entry \"{file}\" is not in its index."))
}

fn moment(called: &str, index: &Index) -> Result<DateTime<FixedOffset>> {
    DateTime::parse_from_rfc3339(&index.created_at)
        .map_err(|_| invalid(called, "\"created_at\" of its index is not an instant."))
}

fn read_index(called: &str, entry: &Entry, content: &mut Content<'_>) -> Result<Index> {
    if entry.size > MAX_INDEX {
        return Err(beyond(called, "Its index has more than 16 MiB."));
    }
    let mut bytes = Vec::new();
    content.read_to_end(&mut bytes).map_err(|error| unreadable(called, &error))?;
    #[derive(Deserialize)]
    struct Version {
        format_version: u32,
    }
    let Version { format_version } = document(called, INDEX, &bytes)?;
    supported(called, format_version)?;
    document(called, INDEX, &bytes)
}

/// Errors: 0A000 for a form that is newer than ours.
fn supported(called: &str, version: u32) -> Result<()> {
    match version {
        1..=FORMAT_VERSION => Ok(()),
        0 => Err(invalid(called, "There is no version 0 of its format.")),
        newer => Err(Error::new(Kind::NotSupported, format!("{called} is of a newer format"))
            .detail(format!(
                "It has version {newer}; this is cutover {}, which reads up to {FORMAT_VERSION}.",
                crate::VERSION
            ))
            .hint("Upgrade cutover to read it.")),
    }
}

/// A JSON document in an entry. Errors: 22021 where it is not UTF-8, 22P04 where it is not what it should be.
fn document<'de, T: Deserialize<'de>>(called: &str, name: &str, bytes: &'de [u8]) -> Result<T> {
    let text = std::str::from_utf8(bytes).map_err(|_| {
        Error::new(Kind::BadCharacter, format!("entry \"{name}\" of {called} holds text that is not UTF-8"))
    })?;
    serde_json::from_str(text).map_err(|error| invalid(called, format!("Entry \"{name}\": {error}.")))
}

/// What has gone through a reader, as a hash and a size.
struct Hashed<R> {
    inner: R,
    hash: Sha256,
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.hash.update(buffer.get(..read).unwrap_or_default());
        Ok(read)
    }
}

/// Reads the file of a table, and says how long it is up to its records.
fn table(
    called: &str,
    entry: &Entry,
    content: &mut Content<'_>,
    pulse: Pulse<'_>,
) -> Result<(Stored, TableFile, usize)> {
    let name = &entry.name;
    let mut hashed = Hashed { inner: content, hash: Sha256::new() };
    let mut head = Vec::new();
    let length = loop {
        let most = (head.len() as u64).max(START);
        let read = Read::take(&mut hashed, most).read_to_end(&mut head);
        let read = read.map_err(|error| unreadable(called, &error))?;
        match records_at(&head) {
            Some(at) if at <= MAX_HEADER => break at,
            None if head.len() <= MAX_HEADER && read as u64 == most => {}
            None if head.len() <= MAX_HEADER => {
                return Err(invalid(called, format!("Entry \"{name}\" has no \"records\".")));
            }
            _ => {
                return Err(beyond(
                    called,
                    format!("Entry \"{name}\" has more than 1 MiB before its records."),
                ));
            }
        }
    };
    let rest = head.split_off(length);
    let line = 1 + head.iter().filter(|byte| **byte == b'\n').count() as u64;
    head.extend(b"]}");
    let header: TableHeader = document(called, name, &head)?;
    supported(called, header.version)?;
    let mut keys = Keys::new(called, name, &header)?;
    let label = entry_label(called, name);
    let mut records = Records::inside(Cursor::new(rest).chain(hashed), label, line);
    let mut count = 0_u64;
    while records.next(&mut |spot, fields| {
        if spot.row.is_multiple_of(PULSE) {
            pulse()?;
        }
        keys.check(spot, fields)
    })? {
        count += 1;
    }
    let (_, hashed) = records.input.into_inner();
    let sha256 = hex(hashed.hash);
    let file = TableFile { file: name.clone(), sha256, bytes: entry.size, record_count: count };
    let stored = Stored {
        header,
        file: name.clone(),
        records: entry.offset.saturating_add(length as u64),
        end: entry.offset.saturating_add(entry.size),
        line,
    };
    Ok((stored, file, length))
}

/// How messages call an entry.
pub(super) fn entry_label(called: &str, file: &str) -> Arc<str> {
    format!("entry \"{file}\" of {called}").into()
}

/// Where the records begin: behind `"records": [`. In a header nothing else looks so, save in one that is
/// refused as it is no JSON up to there.
fn records_at(head: &[u8]) -> Option<usize> {
    const KEY: &[u8] = b"\"records\"";
    let mut from = 0;
    while let Some(rest) = head.get(from..) {
        let key = from + rest.windows(KEY.len()).position(|window| window == KEY)? + KEY.len();
        let mut behind = head.iter().enumerate().skip(key).filter(|(_, byte)| !byte.is_ascii_whitespace());
        if let (Some((_, b':')), Some((bracket, b'['))) = (behind.next(), behind.next()) {
            return Some(bracket + 1);
        }
        from = key;
    }
    None
}

/// The keys that every record of a table must have.
struct Keys<'a> {
    called: &'a str,
    file: &'a str,
    /// For each key how many items its value has, and the last row that had it (from 1).
    keys: HashMap<String, (usize, u64)>,
}

impl<'a> Keys<'a> {
    /// Errors: 22P04 for a header that no record can follow.
    fn new(called: &'a str, file: &'a str, header: &TableHeader) -> Result<Self> {
        let refused = |what: &str| invalid(called, format!("Entry \"{file}\": {what}."));
        let mut keys = HashMap::new();
        for (key, reference) in header.keys() {
            if reference.is_some_and(|r| r.columns.is_empty() || r.external_id.is_empty()) {
                return Err(refused("a reference has no columns"));
            }
            if keys.insert(key, (reference.map_or(1, Reference::width), 0)).is_some() {
                return Err(refused("it names a column twice"));
            }
        }
        if header.external_id.iter().any(|column| !header.columns.contains(column)) {
            return Err(refused("its external id is not among its columns"));
        }
        Ok(Keys { called, file, keys })
    }

    fn check(&mut self, spot: Spot, fields: &Fields<'_>) -> Result<()> {
        let row = spot.row.saturating_add(1);
        let refused = |what: String| {
            invalid(self.called, format!("Entry \"{}\", line {}: {what}.", self.file, spot.line))
        };
        for (key, value) in fields {
            let Some((width, last)) = self.keys.get_mut(key.as_ref()) else {
                return Err(refused(format!("key \"{key}\" is not in the table's header")));
            };
            if std::mem::replace(last, row) == row {
                let label = entry_label(self.called, self.file);
                let message = format!("a record of {label} has key \"{key}\" twice");
                return Err(Error::new(Kind::DuplicateColumn, message).detail(format!("line {}", spot.line)));
            }
            let unfit = match items(value, *width) {
                Some(items) => items.iter().find_map(|item| records::text_of(item).err()),
                None => return Err(refused(format!("\"{key}\" is not an array of {width} values"))),
            };
            if let Some(unfit) = unfit {
                return Err(records::refused(&entry_label(self.called, self.file), spot, unfit));
            }
        }
        if fields.len() < self.keys.len() {
            let missing = self.keys.iter().filter(|(_, (_, last))| *last != row).map(|(key, _)| key).min();
            let missing = missing.map_or("", String::as_str);
            return Err(refused(format!("key \"{missing}\" is missing")));
        }
        Ok(())
    }
}

/// The tables in the index's order. Errors: 22P04 where the index and what was found differ.
fn agree(
    called: &str,
    index: &Index,
    mut found: HashMap<String, (Stored, TableFile)>,
) -> Result<Vec<Stored>> {
    let refused = |fact: String| invalid(called, fact);
    moment(called, index)?;
    let mut tables = Vec::with_capacity(index.tables.len());
    let mut total = 0_u64;
    for table in &index.tables {
        let said = index
            .files
            .get(table)
            .ok_or_else(|| refused(format!("Its index names no file of table \"{table}\".")))?;
        let (stored, is) = found
            .remove(&said.file)
            .ok_or_else(|| refused(format!("Entry \"{}\" is missing, or is of two tables.", said.file)))?;
        let differs = |what: &str, said: &str, is: &str| {
            let file = &stored.file;
            refused(format!("Entry \"{file}\": {what} is {is}; its index says {said}."))
        };
        if stored.header.table != *table {
            return Err(differs("the table", table, &stored.header.table));
        }
        if said.bytes != is.bytes {
            return Err(differs("the size", &said.bytes.to_string(), &is.bytes.to_string()));
        }
        if !said.sha256.eq_ignore_ascii_case(&is.sha256) {
            return Err(differs("the SHA-256", &said.sha256, &is.sha256));
        }
        let counts = [said.record_count, stored.header.record_count];
        if let Some(count) = counts.into_iter().find(|count| *count != is.record_count) {
            let fact = format!(
                "Entry \"{}\" has {} records, and is said to have {count}.",
                said.file, is.record_count
            );
            return Err(refused(fact));
        }
        total = total.saturating_add(is.record_count);
        tables.push(stored);
    }
    if let Some(file) = found.keys().min() {
        return Err(unknown(called, file));
    }
    if index.files.len() != index.tables.len() {
        return Err(refused("Its index names files of tables that it does not list.".to_owned()));
    }
    if total != index.total_records {
        let said = index.total_records;
        return Err(refused(format!("It has {total} records, and is said to have {said}.")));
    }
    Ok(tables)
}
