//! One JSON file while it is open: its records, one after the other. They stand in one array, or
//! each by itself (newline-delimited JSON). The file may be a part of another: a table in an archive.
//!
//! serde_json reads every record from a window on the file, which moves on with what was read and
//! grows where a record does not fit.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use super::files::{self, Identity, require_same};
pub(crate) use super::record::{Fields, Spot, bad, check, limit, refused};
pub(super) use super::record::{Key, MAX_COLUMNS};
use super::record::{MAX_RECORD, Record};
pub(crate) use super::texts::text_of;
use crate::error::{Error, Kind, Result};

/// How much is read of a file at a time.
const CHUNK: usize = 256 * 1024;
/// What takes a record: its place, its fields and its whole text.
type Take<'t> = &'t mut dyn FnMut(Spot, &Fields<'_>, &str) -> Result<()>;

/// Records that are being read.
#[derive(Debug)]
pub(crate) struct Records<R = OpenFile> {
    pub(crate) input: R,
    /// How messages call it: `file "jobs.json"`.
    pub(crate) called: Arc<str>,
    /// What was read of the file; all before `at` is used up.
    window: Vec<u8>,
    at: usize,
    /// The file has no more than the window.
    ended: bool,
    place: Place,
    spot: Spot,
    /// The array is the last value of an object, whose `}` follows.
    inside: bool,
}

/// A file that is read by itself.
#[derive(Debug)]
pub(crate) struct OpenFile {
    pub(super) path: Arc<Path>,
    pub(super) identity: Identity,
    file: File,
}

impl Read for OpenFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.file.read(buffer)
    }
}

/// Between which tokens reading stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Start,
    /// Between records that stand by themselves.
    Free,
    /// Behind `[`.
    Opened,
    /// Behind a record in an array.
    Record,
    /// Behind a `,` in an array.
    Comma,
    /// Behind `]`.
    Closed,
}

impl Records {
    /// Opens a file. With `expected`, it must still be that file (55000).
    pub(super) fn open(path: Arc<Path>, expected: Option<Identity>) -> Result<Self> {
        let (file, identity) = files::open(&path)?;
        if let Some(expected) = expected {
            require_same(&path, expected, identity)?;
        }
        let called = format!("file \"{}\"", path.display()).into();
        let mut records = Records::new(OpenFile { path, identity, file }, called, Place::Start, 1);
        records.fill()?;
        if records.window.starts_with(b"\xEF\xBB\xBF") {
            records.at = 3;
        }
        Ok(records)
    }

    /// Fails with 55000 where the file is not what it was when it was opened.
    pub(super) fn check_unchanged(&self) -> Result<()> {
        let OpenFile { path, identity, file } = &self.input;
        let meta = file.metadata().map_err(|e| files::system(path, &e))?;
        require_same(path, *identity, Identity::of(&meta))
    }
}

impl<R: Read> Records<R> {
    /// The records of an array, the last value of an object, of which all up to the array's `[` has
    /// been read. They begin on this line.
    pub(crate) fn inside(input: R, called: Arc<str>, line: u64) -> Self {
        Records { inside: true, ..Records::new(input, called, Place::Opened, line) }
    }

    fn new(input: R, called: Arc<str>, place: Place, line: u64) -> Self {
        let spot = Spot { row: 0, line };
        Records { input, called, window: Vec::new(), at: 0, ended: false, place, spot, inside: false }
    }

    /// Hands the next record to `take`; false where there is none.
    ///
    /// Errors: 22P04 for what is not JSON or not an object, 22021 for bytes that are not UTF-8,
    /// 54000 for a record beyond our limits, 58030.
    pub(crate) fn next(&mut self, take: &mut dyn FnMut(Spot, &Fields<'_>) -> Result<()>) -> Result<bool> {
        self.next_whole(&mut |spot, fields, _| take(spot, fields))
    }

    /// As [`Records::next`], with the record's whole text besides.
    pub(super) fn next_whole(&mut self, take: Take<'_>) -> Result<bool> {
        if !self.seek()? {
            return Ok(false);
        }
        loop {
            let unread = self.unread();
            let mut records = serde_json::Deserializer::from_slice(unread).into_iter::<Record<'_>>();
            match records.next() {
                Some(Ok(record)) if records.byte_offset() <= MAX_RECORD => {
                    let used = records.byte_offset();
                    // serde_json looked at every byte of it.
                    let json = unread.get(..used).and_then(|json| std::str::from_utf8(json).ok());
                    take(self.spot, &record.0, json.unwrap_or_default())?;
                    self.consume(used);
                    self.spot.row = self.spot.row.saturating_add(1);
                    return Ok(true);
                }
                Some(Err(error)) if (error.is_eof() || cuts_number(unread)) && unread.len() <= MAX_RECORD => {
                    if self.ended {
                        return Err(self.refused(&error));
                    }
                    self.fill()?;
                }
                Some(Err(error)) if !error.is_eof() => return Err(self.refused(&error)),
                _ => return Err(limit(&self.called, self.spot, "a record has more than 16 MiB")),
            }
        }
    }

    /// Onto the `{` of the next record; false where there is none.
    fn seek(&mut self) -> Result<bool> {
        if self.place == Place::Start {
            match self.peek()? {
                None => return Ok(false),
                Some(b'{') => self.place = Place::Free,
                Some(b'[') => {
                    self.consume(1);
                    self.place = Place::Opened;
                }
                Some(_) => return Err(self.no_rows("it begins neither with \"{\" nor with \"[\"")),
            }
        }
        if self.place == Place::Record {
            match self.peek()? {
                Some(b',') => {
                    self.consume(1);
                    self.place = Place::Comma;
                }
                Some(b']') => self.close(),
                Some(_) => return Err(self.malformed("expected \",\" or \"]\" after a record")),
                None => return Err(self.malformed("the array is not closed")),
            }
        }
        match (self.place, self.peek()?) {
            (Place::Closed, Some(b'}')) if self.inside => {
                self.consume(1);
                self.inside = false;
                self.seek()
            }
            (Place::Closed, None) if self.inside => Err(self.malformed("the object is not closed")),
            (Place::Free, None) | (Place::Closed, None) => Ok(false),
            (Place::Closed, Some(_)) => Err(self.malformed("something follows the array")),
            (Place::Free, Some(b'{')) => Ok(true),
            (_, Some(b'{')) => {
                self.place = Place::Record;
                Ok(true)
            }
            (Place::Opened, Some(b']')) => {
                self.close();
                self.seek()
            }
            (_, Some(b']')) => Err(self.malformed("a record is missing before \"]\"")),
            (_, Some(_)) => Err(self.no_rows("a record is not an object")),
            (_, None) => Err(self.malformed("the array is not closed")),
        }
    }

    fn close(&mut self) {
        self.consume(1);
        self.place = Place::Closed;
    }

    /// The next byte that is no white space.
    fn peek(&mut self) -> Result<Option<u8>> {
        loop {
            let unread = self.unread();
            let space = unread.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')).count();
            let found = unread.get(space).copied();
            self.consume(space);
            if found.is_some() || self.ended {
                return Ok(found);
            }
            self.fill()?;
        }
    }

    fn unread(&self) -> &[u8] {
        self.window.get(self.at..).unwrap_or_default()
    }

    fn consume(&mut self, bytes: usize) {
        let used = self.unread().iter().take(bytes);
        let lines = used.filter(|byte| **byte == b'\n').count();
        self.spot.line = self.spot.line.saturating_add(lines as u64);
        self.at += bytes;
    }

    /// Reads on: as much again as there is unread, so that a long record is looked at a few times only.
    fn fill(&mut self) -> Result<()> {
        self.window.drain(..self.at);
        self.at = 0;
        let most = self.window.len().max(CHUNK);
        let read = Read::take(&mut self.input, most as u64).read_to_end(&mut self.window);
        self.ended = read.map_err(|e| unreadable(&self.called, &e))? < most;
        Ok(())
    }

    /// serde_json's error as ours.
    fn refused(&self, error: &serde_json::Error) -> Error {
        let text = error.to_string();
        let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(text, _)| text);
        let line = self.spot.line.saturating_add(error.line().saturating_sub(1) as u64);
        let spot = Spot { line, ..self.spot };
        if error.is_data() {
            return limit(&self.called, spot, text);
        }
        // It has the same words for an escape that is no character.
        if text == "invalid unicode code point" && std::str::from_utf8(self.unread()).is_err() {
            let message = format!("{} holds text that is not UTF-8", self.called);
            return Error::new(Kind::BadCharacter, message).detail(format!("line {line}"));
        }
        bad(&self.called, spot, text)
    }

    fn malformed(&self, what: &str) -> Error {
        bad(&self.called, self.spot, what)
    }

    fn no_rows(&self, what: &str) -> Error {
        Error::new(Kind::BadFile, format!("{} is not a JSON file of records", self.called))
            .detail(format!("line {}: {what}", self.spot.line))
            .hint("It must hold one array of objects, or objects one after the other.")
    }
}

/// Whether a number might be cut at the end of this. serde_json calls one that ends within not an end
/// of the input but an invalid number.
fn cuts_number(unread: &[u8]) -> bool {
    matches!(unread.last(), Some(b'-' | b'+' | b'.' | b'e' | b'E'))
}

/// The error for an input that cannot be read (58030), or the one of ours that it has in itself.
pub(crate) fn unreadable(called: &str, error: &io::Error) -> Error {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
        Some(ours) => ours.clone(),
        None => {
            Error::new(Kind::Io, format!("{called} cannot be opened or read")).detail(format!("{error}."))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The last value of the last record.
    fn last_value(file: &str) -> Result<String> {
        let mut records = Records::inside(file.as_bytes(), "file".into(), 1);
        let mut last = String::new();
        while records.next(&mut |_, fields| {
            last = fields.last().map_or("", |(_, value)| value.get()).to_owned();
            Ok(())
        })? {}
        Ok(last)
    }

    #[test]
    fn a_value_is_whole_wherever_the_window_ends() {
        for value in ["-12.5e+10", "-0.25E-7", "1e5", "\"a\\u00e9\\n\u{e9}\"", "[null,true]", "{\"a\":-1.5}"]
        {
            let record = format!("{{\"a\":\"{{pad}}\",\"b\":{value}}}]}}");
            for end in 0..record.len() {
                let pad = "x".repeat(CHUNK - end);
                let found = last_value(&record.replace("{pad}", &pad));
                assert_eq!(found.as_deref(), Ok(value), "the window ends {end} before");
            }
        }
    }

    #[test]
    fn a_number_that_is_none_is_refused_wherever_it_stands() {
        for value in ["-", "1.", "1e", "1e+", "-x", "1.e5"] {
            for pad in [1, CHUNK - 20, CHUNK] {
                let file = format!("{{\"a\":\"{}\",\"b\":{value}}}]}}", "x".repeat(pad));
                let kind = last_value(&file).err().map(|error| error.kind);
                assert_eq!(kind, Some(Kind::BadFile), "{value}");
                assert_eq!(
                    last_value(&file.replace("}]}", "")).err().map(|error| error.kind),
                    kind,
                    "{value}"
                );
            }
        }
    }
}
