//! What proptest draws: plain numbers that `case` reads modulo what there is to choose from, so that
//! every part shrinks on its own and 0 is the simplest choice.

use proptest::collection::vec;
use proptest::prelude::*;

/// A case before it means anything.
#[derive(Debug, Clone)]
pub struct RawCase {
    pub tables: Vec<RawTable>,
    pub steps: Vec<RawStep>,
}

/// A table and its rules.
#[derive(Debug, Clone)]
pub struct RawTable {
    pub key: u8,
    pub columns: Vec<RawColumn>,
    pub references: Vec<RawReference>,
    pub lookup: Option<RawLookup>,
    /// Whether the plan leaves it out.
    pub outside: bool,
    /// Each rule of the plan reads its own number; 0 is the default.
    pub rules: Vec<u8>,
    pub feed: u8,
    /// What the cursor is and does, part by part.
    pub cursor: Vec<u8>,
}

/// A column that is neither key nor reference.
#[derive(Debug, Clone)]
pub struct RawColumn {
    pub ty: u8,
    pub not_null: bool,
    pub unique: bool,
}

/// A reference to a table.
#[derive(Debug, Clone)]
pub struct RawReference {
    pub parent: u8,
    pub not_null: bool,
    pub on_delete: u8,
}

/// A column that is looked up.
#[derive(Debug, Clone)]
pub struct RawLookup {
    pub table: u8,
    pub take: u8,
    pub on_missing: u8,
    pub not_null: bool,
}

/// What happens between two looks at the database.
#[derive(Debug, Clone)]
pub struct RawStep {
    /// A new source per table, by place; a table without one keeps its last.
    pub sources: Vec<RawSource>,
    pub edits: Vec<RawEdit>,
    /// What the call says.
    pub allow: u8,
    pub look_first: u8,
    /// How much is read: the mode, `since`, whether tables are named, and which.
    pub asked: Vec<u8>,
}

/// A file.
#[derive(Debug, Clone)]
pub struct RawSource {
    pub rows: Vec<RawRow>,
    /// Whether flaws that would fail the run by the plan's rules are left out.
    pub careful: bool,
}

/// A row of a file.
#[derive(Debug, Clone)]
pub struct RawRow {
    pub key: u8,
    pub cells: Vec<u8>,
    /// The cursor's value.
    pub at: u8,
    pub flaw: Option<u8>,
}

/// Something that the application does to a table.
#[derive(Debug, Clone)]
pub struct RawEdit {
    pub table: u8,
    pub kind: u8,
    pub row: RawRow,
}

/// How many rules a table's numbers are read for.
pub const RULES: usize = 16;
/// How many numbers a table's cursor reads, and a call.
pub const CURSOR: usize = 5;
pub const ASKED: usize = 4;
/// How many cells a row has at most.
pub const CELLS: usize = 12;

/// All cases.
pub fn cases() -> impl Strategy<Value = RawCase> {
    (vec(table(), 1..=4), vec(step(), 1..=4)).prop_map(|(tables, steps)| RawCase { tables, steps })
}

fn table() -> impl Strategy<Value = RawTable> {
    let column = (0_u8..6, any::<bool>(), prop::bool::weighted(0.2))
        .prop_map(|(ty, not_null, unique)| RawColumn { ty, not_null, unique });
    let reference = (0_u8..4, prop::bool::weighted(0.3), 0_u8..6)
        .prop_map(|(parent, not_null, on_delete)| RawReference { parent, not_null, on_delete });
    let lookup = (0_u8..4, 0_u8..4, 0_u8..3, prop::bool::weighted(0.3))
        .prop_map(|(table, take, on_missing, not_null)| RawLookup { table, take, on_missing, not_null });
    let lookup = prop::option::weighted(0.3, lookup);
    let parts = (0_u8..8, vec(column, 0..=3), vec(reference, 0..=2), lookup, prop::bool::weighted(0.15));
    (parts, vec(0_u8..12, RULES), 0_u8..5, vec(0_u8..12, CURSOR)).prop_map(
        |((key, columns, references, lookup, outside), rules, feed, cursor)| RawTable {
            key,
            columns,
            references,
            lookup,
            outside,
            rules,
            feed,
            cursor,
        },
    )
}

fn row() -> impl Strategy<Value = RawRow> {
    // Of the flaws the first, a reference to nothing, is the one that most rules are about.
    let flaw = prop_oneof![9 => Just(None), 1 => Just(Some(0)), 1 => (1_u8..6).prop_map(Some)];
    // Mostly one of a few keys, so that sources, steps and edits meet in the same rows.
    let key = prop_oneof![3 => 0_u8..9, 1 => 0_u8..24];
    (key, vec(0_u8..24, CELLS), 0_u8..24, flaw).prop_map(|(key, cells, at, flaw)| RawRow {
        key,
        cells,
        at,
        flaw,
    })
}

fn step() -> impl Strategy<Value = RawStep> {
    // Now and then a file is long enough for the guards to count more than ten rows.
    let rows = prop_oneof![3 => vec(row(), 0..=7), 1 => vec(row(), 12..=22)];
    let source = (rows, prop::bool::weighted(0.85)).prop_map(|(rows, careful)| RawSource { rows, careful });
    let edit = (0_u8..4, 0_u8..7, row()).prop_map(|(table, kind, row)| RawEdit { table, kind, row });
    (vec(source, 0..=4), vec(edit, 0..=6), 0_u8..16, 0_u8..8, vec(0_u8..48, ASKED)).prop_map(
        |(sources, edits, allow, look_first, asked)| RawStep { sources, edits, allow, look_first, asked },
    )
}
