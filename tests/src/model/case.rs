//! A case: tables, the rules of a plan, and steps.

use super::cursor::{Asked, Cursor};
use super::feed::Feed;
use super::{Cell, Row};

/// The types of columns, with how a file spells each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    Integer,
    Small,
    Name,
    Amount,
    Flag,
    Day,
    Moment,
    Key,
}

impl Type {
    pub(super) const VALUES: [Type; 6] =
        [Type::Name, Type::Small, Type::Amount, Type::Flag, Type::Day, Type::Moment];

    /// As DDL, in both databases.
    pub fn declared(self) -> &'static str {
        match self {
            Type::Integer => "integer",
            Type::Small => "smallint",
            Type::Name => "varchar(6)",
            Type::Amount => "numeric(10,2)",
            Type::Flag => "boolean",
            Type::Day => "date",
            Type::Moment => "timestamp",
            Type::Key => "text",
        }
    }

    /// As the type of a file's column.
    pub fn in_file(self) -> &'static str {
        match self {
            Type::Integer | Type::Small => "int64",
            Type::Name | Type::Key => "text",
            Type::Amount => "decimal(14,2)",
            Type::Flag => "bool",
            Type::Day => "date",
            Type::Moment => "timestamp",
        }
    }

    /// The `n`th of its values, canonical.
    pub(super) fn value(self, n: u8) -> String {
        match self {
            Type::Integer | Type::Small => (i32::from(n) - 2).to_string(),
            Type::Name => ["", "a", "b c", "éß"]
                .get(usize::from(n))
                .map_or_else(|| format!("v{n}"), |text| (*text).to_owned()),
            Type::Amount => ["0", "10.5", "-1.25", "99999999.99"]
                .get(usize::from(n))
                .map_or_else(|| format!("{n}.01"), |text| (*text).to_owned()),
            Type::Flag => (n % 2 == 1).to_string(),
            Type::Day => format!("2024-02-{:02}", n + 1),
            Type::Moment => format!("2024-01-02 03:04:{n:02}.5"),
            Type::Key => format!("k{n}"),
        }
    }

    /// A value that does not fit, and the SQLSTATE for it.
    pub fn unfit(self) -> Option<(&'static str, &'static str)> {
        match self {
            Type::Small => Some(("40000", "22003")),
            Type::Name => Some(("too long", "22001")),
            Type::Amount => Some(("100000000.00", "22003")),
            Type::Integer | Type::Flag | Type::Day | Type::Moment | Type::Key => None,
        }
    }
}

/// A column of a table.
#[derive(Debug, Clone)]
pub struct Column {
    pub name: String,
    pub ty: Type,
    pub not_null: bool,
}

/// What the database does to children of a deleted row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnDelete {
    Refuse,
    Cascade,
    SetNull,
}

/// A foreign key to another table's key.
#[derive(Debug, Clone)]
pub struct Reference {
    pub columns: Vec<usize>,
    pub parent: usize,
    pub on_delete: OnDelete,
}

/// The origin column and its rules.
#[derive(Debug, Clone)]
pub struct Origin {
    pub column: usize,
    pub from_source: bool,
    pub null_is_imported: bool,
}

/// The origin's value in imported and in local rows.
pub const IMPORTED: &str = "S";
pub const LOCAL: &str = "L";

/// A column whose value is that of `take` in the row of another table whose `code` equals `seek` here.
#[derive(Debug, Clone)]
pub struct Lookup {
    pub set: usize,
    pub seek: usize,
    pub table: usize,
    pub code: usize,
    pub take: usize,
    pub on_missing: &'static str,
}

/// A table and what the plan says of it.
#[derive(Debug, Clone)]
pub struct Table {
    pub name: String,
    pub feed: Feed,
    /// Whether the plan has it; the application alone writes the others.
    pub planned: bool,
    pub columns: Vec<Column>,
    /// The primary key's columns.
    pub key: Vec<usize>,
    /// Whether the database makes the key.
    pub generated: bool,
    pub references: Vec<Reference>,
    /// Columns that are unique by themselves.
    pub unique: Vec<usize>,
    pub lookup: Option<Lookup>,
    pub write: &'static str,
    pub origin: Option<Origin>,
    pub keep_local: bool,
    pub ignore: Option<usize>,
    pub merge_key: Option<usize>,
    pub scope: Option<usize>,
    pub dedup_sort: Option<usize>,
    pub max_quarantine: Option<usize>,
    pub cursor: Option<Cursor>,
    /// The mode that the plan fixes.
    pub mode: Option<&'static str>,
    pub on_missing_reference: &'static str,
    pub on_duplicate_key: &'static str,
    pub on_null_key: &'static str,
    pub on_bad_value: &'static str,
    pub on_unique_conflict: &'static str,
    pub on_local_conflict: &'static str,
    pub on_referenced: &'static str,
}

impl Table {
    /// The columns that its file has.
    pub fn in_file(&self) -> impl Iterator<Item = usize> {
        let made = |i: &usize| self.generated && self.key.contains(i);
        let marked = |i: &usize| self.origin.as_ref().is_some_and(|o| o.column == *i && !o.from_source);
        let found = |i: &usize| self.lookup.as_ref().is_some_and(|l| l.set == *i);
        (0..self.columns.len()).filter(move |i| !made(i) && !marked(i) && !found(i))
    }

    /// The columns that tell which row is which: none for `delete_insert` without a merge key.
    pub fn identity(&self) -> Vec<usize> {
        if self.generated { self.merge_key.into_iter().collect() } else { self.key.clone() }
    }

    /// The policies whose default is `error` or `keep`, with what each says.
    pub fn policies(&self) -> [(&'static str, &'static str); 7] {
        [
            ("on_missing_reference", self.on_missing_reference),
            ("on_duplicate_key", self.on_duplicate_key),
            ("on_null_key", self.on_null_key),
            ("on_bad_value", self.on_bad_value),
            ("on_unique_conflict", self.on_unique_conflict),
            ("on_local_conflict", self.on_local_conflict),
            ("on_referenced", self.on_referenced),
        ]
    }

    /// The SQLSTATE for a value that does not fit its column.
    pub fn unfit(&self, column: usize, cell: &Cell) -> Option<&'static str> {
        let (unfit, code) = self.columns[column].ty.unfit()?;
        (cell.as_deref() == Some(unfit)).then_some(code)
    }

    /// A row's values in some columns.
    pub fn take(row: &Row, columns: &[usize]) -> Row {
        columns.iter().map(|i| row[*i].clone()).collect()
    }
}

/// A source file: rows with a cell per column of the table (NULL in those that it lacks).
pub type Source = Vec<Row>;

/// What the application does.
#[derive(Debug, Clone)]
pub enum Edit {
    Insert(usize, Row),
    /// Table, key, column, value.
    Update(usize, Row, usize, Cell),
    Delete(usize, Row),
}

/// A step: files, edits, a call.
#[derive(Debug, Clone)]
pub struct Step {
    pub sources: Vec<Source>,
    pub edits: Vec<Edit>,
    pub allow_empty: bool,
    pub allow_all: bool,
    pub allow_cascade: bool,
    pub dry_run: bool,
    pub rehearse: bool,
    pub asked: Asked,
    /// Whether what was refused is mended and tried again afterwards.
    pub replay: bool,
}

/// A whole case.
#[derive(Debug, Clone)]
pub struct Case {
    pub tables: Vec<Table>,
    pub steps: Vec<Step>,
}
