//! A case that means something: tables, the rules of a plan, and steps.

use super::raw::{RawCase, RawRow, RawStep, RawTable};
use super::{Cell, Row};

/// What the engine can do by now. A rule whose feature is not here is never drawn.
pub const WRITES: [&str; 2] = ["replace", "upsert"];

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
    const VALUES: [Type; 6] = [Type::Name, Type::Small, Type::Amount, Type::Flag, Type::Day, Type::Moment];

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
    fn value(self, n: u8) -> String {
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

/// A table and what the plan says of it.
#[derive(Debug, Clone)]
pub struct Table {
    pub name: String,
    pub columns: Vec<Column>,
    /// The primary key's columns.
    pub key: Vec<usize>,
    /// Whether the database makes the key.
    pub generated: bool,
    pub references: Vec<Reference>,
    /// Columns that are unique by themselves.
    pub unique: Vec<usize>,
    pub write: &'static str,
    pub origin: Option<Origin>,
    pub keep_local: bool,
    pub on_missing_reference: &'static str,
    pub ignore: Option<usize>,
}

impl Table {
    /// The columns that its file has.
    pub fn in_file(&self) -> impl Iterator<Item = usize> {
        let made = |i: &usize| self.generated && self.key.contains(i);
        let marked = |i: &usize| self.origin.as_ref().is_some_and(|o| o.column == *i && !o.from_source);
        (0..self.columns.len()).filter(move |i| !made(i) && !marked(i))
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
}

/// A whole case.
#[derive(Debug, Clone)]
pub struct Case {
    pub tables: Vec<Table>,
    pub steps: Vec<Step>,
}

fn pick<T: Copy>(choices: &[T], n: u8) -> T {
    choices[usize::from(n) % choices.len()]
}

impl Case {
    /// Gives drawn numbers their meaning.
    pub fn read(raw: &RawCase) -> Case {
        let mut tables: Vec<Table> = Vec::new();
        for raw in &raw.tables {
            let table = table(raw, &tables);
            tables.push(table);
        }
        // References to our own rows that come back after they were deleted here: not yet.
        for parent in tables.iter().flat_map(|t| t.references.iter().map(|r| r.parent)).collect::<Vec<_>>() {
            if let Some(origin) = &mut tables[parent].origin {
                origin.from_source = false;
            }
        }
        let mut steps: Vec<Step> = Vec::new();
        for raw in &raw.steps {
            let before = steps.last().map(|s| s.sources.clone());
            let before = before.unwrap_or_else(|| vec![Vec::new(); tables.len()]);
            steps.push(step(raw, &tables, before));
        }
        Case { tables, steps }
    }
}

fn table(raw: &RawTable, others: &[Table]) -> Table {
    let own = others.len();
    let mut columns: Vec<Column> = Vec::new();
    let mut add = |name: String, ty: Type, not_null: bool| {
        columns.push(Column { name, ty, not_null });
        columns.len() - 1
    };
    let rule = |n: usize| raw.rules[n];
    let key = match raw.key % 3 {
        0 => vec![add("id".to_owned(), Type::Integer, true)],
        1 => vec![add("code".to_owned(), Type::Key, true)],
        _ => vec![add("a".to_owned(), Type::Integer, true), add("b".to_owned(), Type::Key, true)],
    };
    let key_types: Vec<Type> = match raw.key % 3 {
        0 => vec![Type::Integer],
        1 => vec![Type::Key],
        _ => vec![Type::Integer, Type::Key],
    };
    let mut values = Vec::new();
    for (i, column) in raw.columns.iter().enumerate() {
        values.push(add(format!("v{i}"), pick(&Type::VALUES, column.ty), column.not_null));
    }
    let mut references = Vec::new();
    for (i, reference) in raw.references.iter().enumerate() {
        let parent = usize::from(reference.parent) % (own + 1);
        let types: Vec<Type> = match others.get(parent) {
            Some(parent) => parent.key.iter().map(|k| parent.columns[*k].ty).collect(),
            None => key_types.clone(),
        };
        // A row that must refer to one of its own table could never be the first.
        let not_null = reference.not_null && parent != own;
        let columns: Vec<usize> =
            types.iter().enumerate().map(|(n, ty)| add(format!("r{i}_{n}"), *ty, not_null)).collect();
        let on_delete = match reference.on_delete {
            4 if parent != own => OnDelete::Cascade,
            5 if parent != own && !not_null => OnDelete::SetNull,
            _ => OnDelete::Refuse,
        };
        references.push(Reference { columns, parent, on_delete });
    }
    let origin = (rule(0) % 3 != 0).then(|| Origin {
        column: add("origin".to_owned(), Type::Key, false),
        from_source: rule(1) == 1,
        null_is_imported: rule(2) == 1,
    });
    let keep_local = rule(3) != 1 || origin.as_ref().is_none_or(|o| o.from_source);
    Table {
        name: format!("t{own}"),
        key,
        generated: false,
        unique: Vec::new(),
        write: pick(&WRITES, rule(4)),
        keep_local,
        on_missing_reference: pick(&["error", "quarantine", "null"], rule(5)),
        ignore: values.first().copied().filter(|_| rule(6) == 1),
        origin,
        references,
        columns,
    }
}

/// The `n`th key of a table.
fn key(table: &Table, n: u8) -> Row {
    let types: Vec<Type> = table.key.iter().map(|k| table.columns[*k].ty).collect();
    match types[..] {
        [ty] => vec![Some(ty.value(n))],
        _ => vec![Some(Type::Integer.value(n / 4)), Some(Type::Key.value(n % 4))],
    }
}

fn step(raw: &RawStep, tables: &[Table], mut sources: Vec<Source>) -> Step {
    for (index, table) in tables.iter().enumerate() {
        let Some(raw) = raw.sources.get(index) else { continue };
        let mut rows: Source = Vec::new();
        for raw_row in &raw.rows {
            let flaw = raw_row.flaw.filter(|_| !raw.careful);
            if let Some(row) = source_row(table, index, raw_row, flaw, &rows, &sources, tables) {
                rows.push(row);
            }
        }
        sources[index] = rows;
    }
    let edits = raw.edits.iter().map(|edit| {
        let index = usize::from(edit.table) % tables.len();
        let table = &tables[index];
        let mut row = plain_row(table, &edit.row, &|_, n| key_of(tables, n.0, n.1));
        if let Some(origin) = &table.origin {
            row[origin.column] = [Some(LOCAL), None, Some(IMPORTED), Some("X")]
                [usize::from(edit.row.cells[7] % 4)]
            .map(str::to_owned);
        }
        let address = Table::take(&row, &table.key);
        let column = usize::from(edit.row.cells[6]) % table.columns.len();
        match (edit.kind, &table.origin) {
            (0..=2, _) => Edit::Insert(index, row),
            (3, _) => Edit::Delete(index, address),
            (4, Some(origin)) => Edit::Update(index, address, origin.column, row[origin.column].clone()),
            _ => Edit::Update(index, address, column, row[column].clone()),
        }
    });
    Step {
        edits: edits.collect(),
        sources,
        allow_empty: raw.allow & 1 != 0,
        allow_all: raw.allow & 2 != 0,
        allow_cascade: raw.allow & 4 != 0,
        dry_run: raw.look_first & 1 != 0,
        rehearse: raw.look_first & 2 != 0,
    }
}

fn key_of(tables: &[Table], table: usize, n: u8) -> Row {
    key(&tables[table], n)
}

/// A row as drawn, whose references `refer` chooses: from the reference's place and (parent, number).
fn plain_row(table: &Table, raw: &RawRow, refer: &dyn Fn(usize, (usize, u8)) -> Row) -> Row {
    let mut row: Row = vec![None; table.columns.len()];
    for (i, value) in table.key.iter().zip(key(table, raw.key)) {
        row[*i] = value;
    }
    let values = (0..table.columns.len()).filter(|i| table.columns[*i].name.starts_with('v'));
    for (place, i) in values.enumerate() {
        let column = &table.columns[i];
        let n = raw.cells[place] % if table.unique.contains(&i) { 24 } else { 5 };
        row[i] = (n != 4 || column.not_null).then(|| column.ty.value(n));
    }
    for (place, reference) in table.references.iter().enumerate() {
        let n = raw.cells[3 + place];
        if n.is_multiple_of(4) && !table.columns[reference.columns[0]].not_null {
            continue;
        }
        for (i, value) in reference.columns.iter().zip(refer(place, (reference.parent, n))) {
            row[*i] = value;
        }
    }
    row
}

/// A row of a file; None where it would share a key by accident.
fn source_row(
    table: &Table,
    index: usize,
    raw: &RawRow,
    flaw: Option<u8>,
    before: &[Row],
    sources: &[Source],
    tables: &[Table],
) -> Option<Row> {
    const DANGLING: u8 = 0;
    let refer = |_: usize, (parent, n): (usize, u8)| {
        // Mostly a row that is there: of the parent's file, or an earlier one of the same file.
        let rows = if parent == index { before } else { &sources[parent] };
        if flaw == Some(DANGLING) {
            return key_of(tables, parent, n);
        }
        if rows.is_empty() {
            return vec![None; tables[parent].key.len()];
        }
        Table::take(&rows[usize::from(n) % rows.len()], &tables[parent].key)
    };
    let mut row = plain_row(table, raw, &refer);
    if let Some(origin) = table.origin.as_ref().filter(|o| o.from_source) {
        row[origin.column] = [Some(IMPORTED), None][usize::from(raw.cells[7] % 2)].map(str::to_owned);
    }
    // A parent without rows leaves nothing to refer to.
    if row.iter().zip(&table.columns).any(|(cell, column)| cell.is_none() && column.not_null) {
        return None;
    }
    match flaw {
        Some(1) => row[table.key[usize::from(raw.cells[5]) % table.key.len()]] = None,
        Some(2) => {
            let unfit = (0..row.len()).find_map(|i| Some((i, table.columns[i].ty.unfit()?)));
            if let Some((i, (value, _))) = unfit {
                row[i] = Some(value.to_owned());
            }
        }
        Some(3) => {
            let strict = |i: &usize| table.columns[*i].not_null && !table.key.contains(i);
            if let Some(i) = table.in_file().find(strict) {
                row[i] = None;
            }
        }
        _ => {}
    }
    let known = before.iter().any(|b| Table::take(b, &table.key) == Table::take(&row, &table.key));
    (!known || flaw == Some(4)).then_some(row)
}
