//! Cursors: how they are drawn, how plan and call say them, and which rows of a source a run reads.

use serde_json::{Map, Value, json};

use super::case::{Case, Column, Step, Table, Type};
use super::oracle::Faults;
use super::raw::{RawRow, RawTable};
use super::read::pick;
use super::restage::Memory;
use super::{Cell, Row};

/// A table's cursor.
#[derive(Debug, Clone)]
pub struct Cursor {
    pub column: usize,
    /// In whole units of the column: seconds, days, ones.
    pub lag: Option<i64>,
    pub on_null: &'static str,
    pub initial: Option<String>,
}

/// What a call says of how much is read.
#[derive(Debug, Clone)]
pub struct Asked {
    pub mode: &'static str,
    pub since: Option<String>,
    /// The tables that it names.
    pub tables: Option<Vec<usize>>,
}

/// What the rows of a source are to a run that reads it.
pub(super) struct Read {
    /// `full` or `incremental`; nothing for a table that is not read.
    pub mode: &'static str,
    pub rows: Vec<Row>,
    /// How many have no value of the cursor and are left out for it.
    pub excluded: usize,
    /// Where the cursor stands afterwards.
    pub cursor: Cell,
}

/// The name and type of the column that a table gets for its cursor.
pub(super) fn column(raw: &RawTable) -> Option<(&'static str, Type)> {
    let types =
        [Type::Integer, Type::Moment, Type::Integer, Type::Moment, Type::Day, Type::Amount, Type::Key];
    (raw.cursor[0] > 2).then(|| ("at", pick(&types, raw.cursor[0] - 3)))
}

/// The cursor on that column.
pub(super) fn drawn(raw: &RawTable, columns: &[Column]) -> Option<Cursor> {
    let (name, ty) = column(raw)?;
    let lag = match raw.cursor[1] % 4 {
        3 if ty != Type::Key => Some(i64::from(raw.cursor[1])),
        _ => None,
    };
    Some(Cursor {
        column: columns.iter().position(|c| c.name == name)?,
        lag,
        on_null: pick(&["error", "include", "exclude"], raw.cursor[2]),
        initial: (raw.cursor[3] % 4 == 3).then(|| ty.value(raw.cursor[3])),
    })
}

/// Gives a row of a file its value: mostly greater in later steps, often late, sometimes equal.
pub(super) fn fill(
    table: &Table,
    raw: &RawRow,
    flaw: Option<u8>,
    step: usize,
    row: &mut Row,
    before: &[Row],
) {
    let Some(cursor) = &table.cursor else { return };
    if row[cursor.column].is_none() || table.unfit(cursor.column, &row[cursor.column]).is_some() {
        return;
    }
    // One value in all rows of a scope, and in those of one key: a run that reads only some of them
    // cannot know what a run of all makes of them.
    let alike = table.scope.map_or_else(|| table.identity(), |column| vec![column]);
    let of = |row: &Row| Table::take(row, &alike);
    if let Some(other) = before.iter().find(|b| !alike.is_empty() && of(b) == of(row)) {
        row[cursor.column].clone_from(&other[cursor.column]);
        return;
    }
    let ty = table.columns[cursor.column].ty;
    let grown = raw.at % 12 + 4 * u8::try_from(step).unwrap_or(0);
    row[cursor.column] = match cursor.on_null {
        "error" if flaw == Some(NULL) => None,
        "include" | "exclude" if table.scope.is_none() && raw.at % 6 == 5 => None,
        _ => Some(ty.value(grown)),
    };
}

/// The flaw of a row that is a NULL in the cursor's column.
const NULL: u8 = 5;

/// As the plan says it.
pub(super) fn plan(table: &Table) -> Option<Value> {
    let cursor = table.cursor.as_ref()?;
    let column = &table.columns[cursor.column];
    let mut plan = Map::new();
    plan.insert("column".to_owned(), column.name.clone().into());
    if let Some(lag) = cursor.lag {
        let lag = match column.ty {
            Type::Moment => json!(format!("{lag} seconds")),
            Type::Day => json!(format!("{lag} days")),
            _ => json!(lag),
        };
        plan.insert("lag".to_owned(), lag);
    }
    if cursor.on_null != "error" {
        plan.insert("on_null".to_owned(), cursor.on_null.into());
    }
    if let Some(initial) = &cursor.initial {
        plan.insert("initial_value".to_owned(), initial.clone().into());
    }
    Some(Value::Object(plan))
}

/// As arguments of the call.
pub fn arguments(case: &Case, asked: &Asked) -> String {
    let mut text = String::new();
    if asked.mode != "auto" {
        text.push_str(&format!(", mode => '{}'", asked.mode));
    }
    if let Some(since) = &asked.since {
        text.push_str(&format!(", since => '{since}'"));
    }
    if let Some(tables) = &asked.tables {
        let names: Vec<String> = tables.iter().map(|i| format!("'{}'", case.tables[*i].name)).collect();
        text.push_str(&format!(", tables => ARRAY[{}]", names.join(", ")));
    }
    text
}

/// A place in the order of a type's values: numbers and times by the first part, text by the
/// second.
type Place = (i64, String);

/// The place of a value; None for a text that is none of the type's.
fn place(ty: Type, value: &str) -> Option<Place> {
    let number = |text: &str, scale: f64| {
        text.parse::<f64>().ok().map(|x| ((x * scale).round() as i64, String::new()))
    };
    match ty {
        Type::Amount => number(value, 100.0),
        Type::Integer | Type::Small => value.parse::<i64>().ok().map(|n| (n, String::new())),
        // All of the same month, or of the same minute.
        Type::Day => number(value.strip_prefix("2024-02-")?, 1.0),
        Type::Moment if value.starts_with("2024-02") => Some((i64::MAX / 2, String::new())),
        Type::Moment => number(value.strip_prefix("2024-01-02 03:04:")?, 10.0),
        Type::Name | Type::Key | Type::Flag => Some((0, value.to_owned())),
    }
}

/// A place less a lag.
fn before(ty: Type, place: Place, lag: Option<i64>) -> Place {
    let unit = match ty {
        Type::Amount => 100,
        Type::Moment => 10,
        _ => 1,
    };
    (place.0 - lag.unwrap_or(0) * unit, place.1)
}

/// What a run reads of all sources; nothing of tables that the call does not name.
pub(super) fn read_all(case: &Case, step: &Step, memory: &Memory, faults: &mut Faults) -> Vec<Read> {
    if step.asked.mode == "full" && step.asked.since.is_some() {
        faults.insert("22023");
    }
    let mut reads = Vec::new();
    for (index, table) in case.tables.iter().enumerate() {
        let stored = &memory.cursors[index];
        reads.push(
            if table.planned && step.asked.tables.as_ref().is_none_or(|tables| tables.contains(&index)) {
                read(table, &step.asked, &step.sources[index], stored, faults)
            } else {
                Read { mode: "", rows: Vec::new(), excluded: 0, cursor: stored.clone() }
            },
        );
    }
    reads
}

/// What a run reads of a source.
fn read(table: &Table, asked: &Asked, source: &[Row], stored: &Cell, faults: &mut Faults) -> Read {
    let mode = table.mode.unwrap_or(asked.mode);
    let all = Read { mode: "full", rows: source.to_vec(), excluded: 0, cursor: stored.clone() };
    let Some(cursor) = &table.cursor else { return all };
    let ty = table.columns[cursor.column].ty;
    let at = |value: &Cell| value.as_deref().and_then(|v| place(ty, v));
    if asked.since.is_some() && at(&asked.since).is_none() {
        faults.insert("22023");
    }
    // Where reading starts, and where it would without `since`.
    let usual = at(stored).or_else(|| at(&cursor.initial));
    let start = at(&asked.since).or_else(|| usual.clone());
    let deletes = ["replace", "delete_insert"].contains(&table.write);
    let may = !deletes || table.scope.is_some();
    let wanted = match mode {
        "full" => false,
        "incremental" => true,
        _ => asked.since.is_some() || !deletes,
    };
    let bound = start.filter(|_| wanted && may).map(|start| before(ty, start, cursor.lag));
    let mut read = Read { rows: Vec::new(), ..all };
    if bound.is_some() {
        read.mode = "incremental";
    }
    let mut highest: Option<(Place, &Cell)> = None;
    for row in source {
        let value = &row[cursor.column];
        match at(value) {
            _ if table.unfit(cursor.column, value).is_some() => read.rows.push(row.clone()),
            None if cursor.on_null == "error" => _ = faults.insert("23502"),
            None if cursor.on_null == "exclude" => read.excluded += 1,
            None => read.rows.push(row.clone()),
            Some(place) if bound.as_ref().is_some_and(|bound| place < *bound) => {}
            Some(place) => {
                read.rows.push(row.clone());
                highest = highest.max(Some((place, value)));
            }
        }
    }
    // A cursor is never moved back by a run that reads a part, nor over rows that were not read.
    let gap = || asked.since.is_some() && at(&asked.since) > usual.clone();
    if let Some((highest, value)) = highest
        && (read.mode == "full" || (usual.as_ref().is_none_or(|usual| highest >= *usual) && !gap()))
    {
        read.cursor.clone_from(value);
    }
    read
}
