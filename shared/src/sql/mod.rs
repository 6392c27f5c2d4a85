//! The only place that spells SQL: identifiers, statements, and one file per dialect.

use std::fmt;

/// An identifier: it is always shown quoted, so that no name can become syntax.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ident<'a>(pub &'a str);

impl fmt::Display for Ident<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.replace('"', "\"\""))
    }
}

/// A statement: made in this module from static text, [`Ident`]s, other statements and numbers;
/// values travel as parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sql(String);

impl Sql {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Sql(text.into())
    }

    /// The query that a user wrote, as it is (an export's source, a plan's query).
    pub fn from_user(text: &str) -> Self {
        Sql(text.to_owned())
    }

    /// The text to hand to the database.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Sql {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
