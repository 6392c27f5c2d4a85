//! Where a document is, as messages say it.

use super::super::records::{self, Spot};
use super::super::texts::Unfit;
use crate::error::{Error, Kind};

/// Where a document is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Origin<'a> {
    File(&'a str, Spot),
    /// In a row (from 0) of a relation or query of this name.
    Row(&'a str, u64),
}

impl Origin<'_> {
    /// The line of a file, or the row, from 1.
    pub fn number(&self) -> u64 {
        match self {
            Origin::File(_, spot) => spot.line,
            Origin::Row(_, row) => row.saturating_add(1),
        }
    }

    /// The error for an object that has a key twice (42701).
    pub fn twice(&self, key: &str) -> Error {
        let (Origin::File(of, _) | Origin::Row(of, _)) = self;
        Error::new(Kind::DuplicateColumn, format!("a document of {of} has key \"{key}\" twice"))
            .detail(self.detail())
    }

    /// The error for a value that cannot be taken over: 54000 where it nests too deep, else 22P04.
    pub fn unfit(&self, unfit: Unfit) -> Error {
        match (self, unfit) {
            (Origin::File(called, spot), Unfit::Deep) => {
                records::limit(called, *spot, "a document nests more than 128 levels deep")
            }
            (Origin::File(called, spot), Unfit::Text(what)) => records::bad(called, *spot, &what),
            (Origin::Row(called, _), Unfit::Deep) => {
                Error::new(Kind::LimitExceeded, format!("a document of {called} exceeds a limit"))
                    .detail(format!("{}: it nests more than 128 levels deep", self.detail()))
            }
            (Origin::Row(called, _), Unfit::Text(what)) => {
                Error::new(Kind::BadFile, format!("a document of {called} is not valid JSON"))
                    .detail(format!("{}: {what}", self.detail()))
            }
        }
    }

    fn detail(&self) -> String {
        match self {
            Origin::File(_, spot) => format!("line {}", spot.line),
            Origin::Row(..) => format!("row {}", self.number()),
        }
    }
}
