//! One record of JSON: its keys, and its values as the text they are in the file; and the errors for one that is
//! too much, or none.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::texts::{MAX_DEPTH, Unfit, text_of};
use crate::error::{Error, Kind, Result};

/// The most bytes of one record.
pub(super) const MAX_RECORD: usize = 16 * 1024 * 1024;
/// The most columns of a source: as many as a PostgreSQL table has.
pub(super) const MAX_COLUMNS: usize = 1600;

/// A record's keys and the texts of their values, in the file's order.
pub(crate) type Fields<'a> = [(Cow<'a, str>, &'a RawValue)];

/// Where a record is in its file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spot {
    /// Its place among the records, from 0.
    pub row: u64,
    /// The line it begins on, from 1.
    pub line: u64,
}

/// A record as it stands in the file.
pub(super) struct Record<'a>(pub Vec<(Cow<'a, str>, &'a RawValue)>);

/// A key, copied only where it holds an escape.
#[derive(serde::Deserialize)]
pub(super) struct Key<'a>(#[serde(borrow)] pub Cow<'a, str>);

impl<'de> Deserialize<'de> for Record<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Entries)
    }
}

struct Entries;

impl<'de> Visitor<'de> for Entries {
    type Value = Record<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Record<'de>, A::Error> {
        let mut fields = Vec::new();
        while let Some((Key(key), value)) = entries.next_entry::<Key<'de>, &'de RawValue>()? {
            if fields.len() == MAX_COLUMNS {
                return Err(A::Error::custom(format!("a record has more than {MAX_COLUMNS} columns")));
            }
            fields.push((key, value));
        }
        Ok(Record(fields))
    }
}

/// Fails for a record that a reader would refuse: beyond 16 MiB or 128 levels (54000), or no object (22P04).
pub(crate) fn check(called: &str, record: &str, row: u64) -> Result<()> {
    let spot = Spot { row, line: row.saturating_add(2) };
    if record.len() > MAX_RECORD {
        return Err(limit(called, spot, "a record has more than 16 MiB"));
    }
    // Few nest at all; only those that might nest too deep are looked at.
    if record.bytes().filter(|byte| matches!(byte, b'{' | b'[')).nth(MAX_DEPTH).is_none() {
        return Ok(());
    }
    let Record(fields) =
        serde_json::from_str(record).map_err(|error| bad(called, spot, &error.to_string()))?;
    let unfit = fields.iter().find_map(|(_, value)| text_of(value).err());
    unfit.map_or(Ok(()), |unfit| Err(refused(called, spot, unfit)))
}

/// The error for a file that is not valid JSON (22P04).
pub(crate) fn bad(called: &str, spot: Spot, what: &str) -> Error {
    Error::new(Kind::BadFile, format!("{called} is not valid JSON"))
        .detail(format!("line {}: {what}", spot.line))
}

/// The error for a file that is too much for us (54000).
pub(crate) fn limit(called: &str, spot: Spot, what: &str) -> Error {
    Error::new(Kind::LimitExceeded, format!("{called} exceeds a limit"))
        .detail(format!("line {}: {what}", spot.line))
}

/// The error for a value that cannot be taken over (22P04, 54000).
pub(crate) fn refused(called: &str, spot: Spot, unfit: Unfit) -> Error {
    match unfit {
        Unfit::Deep => limit(called, spot, "a record nests more than 128 levels deep"),
        Unfit::Text(what) => bad(called, spot, &what),
    }
}
