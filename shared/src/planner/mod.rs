//! Pure decisions: from a plan, the tables as found and the sources' columns to what a run does.
//!
//! `bind` turns one table of a plan into a [`Task`], `order` sorts the tasks by their references.
//! Nothing here reaches a database, so all of it can be printed and tested as data.

mod bind;
mod derive;
mod key;
mod listings;
mod lookup;
mod names;
mod order;
mod push;
mod restore;
#[cfg(test)]
pub(crate) mod sample;
mod snapshot;
mod stub;
mod track;
mod travel;

pub use bind::{SourceShape, Wanted, bind, bind_append, check_kind, no_column, no_table};
pub use derive::{Trace, check_match, traces};
pub use listings::{entry, join_listings};
pub use lookup::{Taking, lookup_order, taking};
pub use names::{rule_name, source_name, spoken_scope, unmapped_name};
pub use order::{link, sort};
pub use push::{Gone, push, travelling};
pub use restore::{Detail, RestoreMode, Restored, Restoring, plan_name, restoring};
pub use snapshot::{SnapshotSet, Take, check_snapshot};
pub use stub::{Owner, StubSet, Stubs, parent_of, stub_links, stub_set};
pub use track::{Tracked, tracked};
pub use travel::{LateRef, Planned, Travel, is_unique, parents_first, travel};

use crate::catalog::{Address, Column, Default, ForeignKey, OnDelete, RelationKind, Table, UniqueKey};
use crate::plan::{Mode, Scalar, SortColumn, TablePlan, Write};

/// What a run does to one table.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    /// Its place in the plan's phase, from 0.
    pub ordinal: usize,
    /// The table's name as the plan writes it.
    pub name: String,
    pub target: Table,
    /// What the log calls it where entries of several runs meet: the name; for the second listing of a
    /// table `name #2`.
    pub entry: String,
    /// What the plan says of it: its policies are read from here.
    pub plan: TablePlan,
    /// How this run writes it, which may be another way than the plan's.
    pub write: Write,
    /// How much of its source this run reads: `Full` or `Incremental`, never `Auto`.
    pub mode: Mode,
    /// The columns that identify a row; all of them are staged. Empty for `delete_insert` without a
    /// `merge_key`, and for an append.
    pub key: Vec<String>,
    /// The table's columns that staging carries, in table order.
    pub columns: Vec<Staged>,
    /// Columns of the source that staging carries besides, because a rule needs them.
    pub extra: Vec<Extra>,
    pub origin: Option<Mark>,
    /// References of this table that are checked in staging.
    pub references: Vec<Link>,
    /// What refers to the table: the foreign keys of the database, and in a phase the references that
    /// the plan declares, which stop a delete as a foreign key without an action does.
    pub referred_by: Vec<ForeignKey>,
    /// Columns that are inserted as NULL and set once the rows of all tables are there, because
    /// their foreign key closes a circle.
    pub late: Vec<String>,
    /// Foreign keys that close a circle and have no such column: they are deferred.
    pub deferred: Vec<ForeignKey>,
    /// Per lookup of the plan.
    pub lookups: Vec<LookupLink>,
    pub time_zone: Option<chrono_tz::Tz>,
    /// The listings of the same table that are applied before this one, in their order. Their own
    /// `earlier` and `later` are empty.
    pub earlier: Vec<Task>,
    /// Those that are applied after it.
    pub later: Vec<Task>,
    /// Of a push: the rows deleted here, which are to be deleted there.
    pub gone: Option<Gone>,
    /// Of a restore: which rows of the backup it takes.
    pub restored: Option<Restored>,
    /// What the caller should hear about how the columns were matched.
    pub warnings: Vec<String>,
}

/// One column of staging.
#[derive(Debug, Clone, PartialEq)]
pub struct Staged {
    pub column: Column,
    pub from: From,
    /// Whether a difference in it makes a row changed (neither key nor `ignore`; a `merge_key` does).
    pub compared: bool,
}

/// Where a staged column's values come from.
#[derive(Debug, Clone, PartialEq)]
pub enum From {
    /// The source column of this name.
    Source(String),
    /// One value for all rows.
    Constant(Scalar),
    /// The plan's lookup at this place; NULL until lookups are made.
    Lookup(usize),
    /// The table's own key, which a row that is not there yet draws here; NULL until it has.
    Assigned,
}

/// The rule that an extra column is staged for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// The plan's `cursor`, whose column is not stored.
    Cursor,
    /// The column at this place of the cursor's `by`, which is not stored.
    Group(usize),
    /// The plan's `dedup_sort`, whose column is not stored.
    Sort,
    /// A column that the lookup at this place matches by, at this place in its `match`.
    Match { lookup: usize, column: usize },
}

/// A column of the source that is staged for a rule (a cursor, a sort, a lookup) and never written.
#[derive(Debug, Clone, PartialEq)]
pub struct Extra {
    pub rule: Rule,
    /// The source's column.
    pub source: String,
    /// How staging calls and types it.
    pub column: Column,
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

/// Where a lookup finds its values.
#[derive(Debug, Clone, PartialEq)]
pub struct LookupLink {
    /// From the columns staged for it to those it matches.
    pub link: Link,
    pub taking: Taking,
}

/// The table that a reference leads to.
#[derive(Debug, Clone, PartialEq)]
pub enum Parent {
    /// Tasks of the same run that write the same table, by their indexes among the run's tasks.
    Tasks(Vec<usize>),
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

    /// The columns that no two staged rows may share and none may lack: the key, where `delete_insert`
    /// does not merely recognise rows by it. In a foreign table rows have no other address.
    pub fn unique_key(&self) -> &[String] {
        if self.write == Write::DeleteInsert && !self.is_foreign() { &[] } else { &self.key }
    }

    /// Whether the target is on another server.
    pub fn is_foreign(&self) -> bool {
        self.target.kind == RelationKind::Foreign
    }

    /// The columns that stand for a row in messages: the key, or all that the source fills.
    pub fn shown_key(&self) -> Vec<&str> {
        if self.key.is_empty() {
            return self.columns.iter().map(|c| c.column.name.as_str()).collect();
        }
        self.key.iter().map(String::as_str).collect()
    }

    /// The staged columns a changed row is updated in: all but the key.
    pub fn updated(&self) -> impl Iterator<Item = &Staged> {
        self.columns.iter().filter(|c| c.compared)
    }

    /// The mark by which imported rows are told from local ones; None where all rows count as
    /// imported (no origin, or local rows go).
    pub fn protecting_mark(&self) -> Option<&Mark> {
        self.origin.as_ref().filter(|_| self.plan.keep_local)
    }

    /// The column of staging that is there for `rule`.
    pub fn extra_column(&self, rule: Rule) -> Option<&Column> {
        self.extra.iter().find(|e| e.rule == rule).map(|e| &e.column)
    }

    /// The column of staging by which the last of several rows is found.
    pub fn sort_column(&self) -> Option<&Column> {
        match self.plan.dedup_sort.as_ref()? {
            SortColumn::Target(name) => {
                self.columns.iter().map(|c| &c.column).find(|column| column.name == *name)
            }
            SortColumn::Source { .. } => self.extra_column(Rule::Sort),
        }
    }

    /// All columns of staging but the ordinal, in their order there.
    pub fn staged_columns(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().map(|c| &c.column).chain(self.extra.iter().map(|e| &e.column))
    }

    /// The unique keys besides the one that identifies a row whose values a run can tell before it
    /// writes: neither partial nor over expressions, and all of their columns are staged. None where
    /// no key tells which target row a staged row will be.
    /// Ordered by their columns: the order decides which rows are refused where one breaks two keys,
    /// and the names of indexes, or when they were made, must not.
    pub fn secondary_uniques(&self) -> impl Iterator<Item = &UniqueKey> {
        let told = |unique: &&UniqueKey| {
            let identifies = self.key.iter().all(|k| unique.columns.contains(k));
            !unique.partial
                && !unique.columns.is_empty()
                && !self.key.is_empty()
                && !identifies
                && self.stages(&unique.columns)
        };
        let mut uniques: Vec<&UniqueKey> = self.target.uniques.iter().filter(told).collect();
        uniques.sort_by(|a, b| a.columns.cmp(&b.columns));
        uniques.into_iter()
    }

    /// The staged column of this name.
    pub fn staged(&self, name: &str) -> Option<&Staged> {
        self.columns.iter().find(|c| c.column.name == name)
    }

    /// Whether a row may have NULL in this column for a while, without losing its key, its address or
    /// its place among the others.
    pub fn can_be_null(&self, name: &str) -> bool {
        let address: &[String] = match &self.target.address {
            Address::Columns(columns) => columns,
            Address::Ctid | Address::Rowid(_) | Address::Key => self.target.primary_key(),
        };
        let fixed = self.key.iter().chain(address).any(|k| k == name);
        let unlike_null =
            self.target.uniques.iter().any(|u| u.nulls_equal && u.columns.iter().any(|c| c == name));
        let found = self.target.column(name);
        !fixed && !unlike_null && found.is_some_and(|c| !c.not_null && c.default != Default::Generated)
    }

    /// The column by which a row gives up its value of `unique` for a while: one that the update
    /// that follows sets, and that nothing refers to.
    pub fn parking_column<'a>(&self, unique: &'a UniqueKey) -> Option<&'a str> {
        let referred =
            |name: &String| self.target.referenced_by.iter().any(|k| k.parent_columns.contains(name));
        let set = |name: &String| self.staged(name).is_some_and(|c| c.compared);
        let mut columns = unique.columns.iter();
        columns.find(|c| self.can_be_null(c) && set(c) && !referred(c)).map(String::as_str)
    }

    /// Whether one of `names` is staged.
    pub fn stages_any(&self, names: &[String]) -> bool {
        names.iter().any(|n| self.staged(n).is_some())
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
