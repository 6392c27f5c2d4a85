//! Pure decisions: from a plan, the tables as found and the sources' columns to what a run does.
//!
//! `bind` turns one table of a plan into a [`Task`], `order` sorts the tasks by their references.
//! Nothing here reaches a database, so all of it can be printed and tested as data.

mod bind;
mod order;

pub use bind::{SourceShape, bind, bind_append, check_kind};
pub use order::{link, sort};

use crate::catalog::{Column, OnDelete, Table};
use crate::plan::{Limit, MissingReference, Scalar, Write};

/// What a run does to one table.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    /// Its place in the plan's phase, from 0.
    pub ordinal: usize,
    /// The table's name as the plan writes it.
    pub name: String,
    pub target: Table,
    pub write: Write,
    /// The columns that identify a row; all of them are staged.
    pub key: Vec<String>,
    /// The columns that staging carries, in table order.
    pub columns: Vec<Staged>,
    pub origin: Option<Mark>,
    pub keep_local: bool,
    /// References of this table that are checked in staging.
    pub references: Vec<Link>,
    pub on_missing_reference: MissingReference,
    pub max_delete: Option<Limit>,
    pub override_identity: bool,
    pub time_zone: Option<chrono_tz::Tz>,
    /// What the caller should hear about how the columns were matched.
    pub warnings: Vec<String>,
}

/// One column of staging.
#[derive(Debug, Clone, PartialEq)]
pub struct Staged {
    pub column: Column,
    pub from: From,
    /// Whether a difference in it makes a row changed (neither key nor `ignore`).
    pub compared: bool,
}

/// Where a staged column's values come from.
#[derive(Debug, Clone, PartialEq)]
pub enum From {
    /// The source column of this name.
    Source(String),
    /// One value for all rows.
    Constant(Scalar),
}

/// The origin column, as far as comparing needs it.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    pub column: String,
    pub imported: Scalar,
    pub null_is_imported: bool,
    /// The source itself carries it: rows that say `local` there are our own coming back.
    pub from_source: bool,
}

/// A reference from staged rows to rows of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    pub columns: Vec<String>,
    pub parent: Parent,
    pub parent_columns: Vec<String>,
}

/// The table that a reference leads to.
#[derive(Debug, Clone, PartialEq)]
pub enum Parent {
    /// A task of the same run, by its index among the run's tasks.
    Task(usize),
    /// A table that this run does not write.
    Table { schema: String, name: String },
}

impl Task {
    /// A column name of ours in staging: `name`, longer where the table has such a column.
    pub fn own_column(&self, name: &str) -> String {
        let mut name = name.to_owned();
        while self.target.column(&name).is_some() {
            name.push('_');
        }
        name
    }

    /// The staged columns a changed row is updated in: all but the key.
    pub fn updated(&self) -> impl Iterator<Item = &Staged> {
        self.columns.iter().filter(|c| c.compared)
    }

    /// The mark by which imported rows are told from local ones; None where all rows count as
    /// imported (no origin, or local rows go).
    pub fn protecting_mark(&self) -> Option<&Mark> {
        self.origin.as_ref().filter(|_| self.keep_local)
    }

    /// Whether every one of `names` is staged.
    pub fn stages(&self, names: &[String]) -> bool {
        names.iter().all(|n| self.columns.iter().any(|c| c.column.name == *n))
    }
}

/// What happens to the children of deleted rows that this run does not delete itself.
pub fn spreads(action: OnDelete) -> bool {
    matches!(action, OnDelete::Cascade | OnDelete::SetNull | OnDelete::SetDefault)
}
