//! Lookups: how they are drawn, how a plan says them, and what a run must make of them.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::case::{Case, Lookup, Table, Type};
use super::oracle::{Faults, Work};
use super::raw::{RawRow, RawTable};
use super::read::{key_types, parents, pick, write_of};
use super::rules::written;
use super::{Cell, Row};

/// What a table's numbers choose: columns by name, because the other table is not read yet.
struct Drawn {
    table: usize,
    set: &'static str,
    take: &'static str,
    ty: Type,
}

const POLICIES: [&str; 3] = ["error", "quarantine", "null"];

fn drawn(all: &[RawTable], own: usize) -> Option<Drawn> {
    let raw = all[own].lookup.as_ref().filter(|_| !all[own].outside)?;
    let parents = parents(all);
    let referred = all[own].references.first().filter(|_| raw.take == 3 && !parents.is_empty());
    let referred = referred.map(|r| pick(&parents, r.parent)).filter(|p| key_types(&all[*p]).len() == 1);
    let table = referred.unwrap_or(usize::from(raw.table) % all.len());
    let refuses = |l: &super::raw::RawLookup| pick(&POLICIES, l.on_missing) == "quarantine";
    let first = if table < own { drawn(all, table) } else { None };
    let found = match (referred, &first) {
        (Some(_), _) => ("r0_0", "id", key_types(&all[table])[0]),
        (None, Some(first)) if raw.take == 2 => ("found", first.set, first.ty),
        (None, _) if raw.take == 0 && write_of(&all[table]) != "delete_insert" => {
            let types = key_types(&all[table]);
            ("found", if types.len() == 1 { "id" } else { "a" }, types[0])
        }
        (None, _) if raw.take == 2 && !all[table].columns.is_empty() => {
            ("found", "v0", pick(&Type::VALUES, all[table].columns[0].ty))
        }
        (None, _) => ("found", "code", Type::Key),
    };
    // A lookup that reads nothing of another one may be made before it or after it, which shows
    // where the other one refuses rows.
    let ordered = table == own || first.is_some_and(|f| f.set == found.1);
    if !ordered && all[table].lookup.as_ref().is_some_and(refuses) {
        return None;
    }
    Some(Drawn { table, set: found.0, take: found.1, ty: found.2 })
}

/// Whether rows of a table are searched.
pub(super) fn is_searched(all: &[RawTable], own: usize) -> bool {
    (0..all.len()).any(|other| drawn(all, other).is_some_and(|d| d.table == own))
}

/// The columns that a table's lookup needs: name, type, NOT NULL.
pub(super) fn columns(all: &[RawTable], own: usize) -> Vec<(String, Type, bool)> {
    let Some(drawn) = drawn(all, own) else { return Vec::new() };
    let not_null = all[own].lookup.as_ref().is_some_and(|l| l.not_null);
    let mut columns = vec![("seek".to_owned(), Type::Key, false)];
    if drawn.set == "found" {
        columns.push((drawn.set.to_owned(), drawn.ty, not_null));
    }
    columns
}

/// Gives tables their lookups, once all columns are there.
pub(super) fn link(all: &[RawTable], tables: &mut [Table]) {
    for own in 0..tables.len() {
        let Some((drawn, raw)) = drawn(all, own).zip(all[own].lookup.as_ref()) else { continue };
        let place = |table: &Table, name: &str| table.columns.iter().position(|c| c.name == name);
        let parts = [(own, drawn.set), (own, "seek"), (drawn.table, "code"), (drawn.table, drawn.take)]
            .map(|(table, name)| place(&tables[table], name).expect("a column of this name"));
        let [set, seek, code, take] = parts;
        let on_missing = pick(&POLICIES, raw.on_missing);
        tables[own].lookup = Some(Lookup { set, seek, table: drawn.table, code, take, on_missing });
    }
}

/// As the plan says it.
pub(super) fn plan(case: &Case, table: &Table, lookup: &Lookup) -> Value {
    let parent = &case.tables[lookup.table];
    let mut plan = Map::new();
    plan.insert("set".to_owned(), table.columns[lookup.set].name.clone().into());
    plan.insert("table".to_owned(), parent.name.clone().into());
    plan.insert("match".to_owned(), json!({"code": "seek"}));
    plan.insert("take".to_owned(), parent.columns[lookup.take].name.clone().into());
    if lookup.on_missing != "error" {
        plan.insert("on_missing".to_owned(), lookup.on_missing.into());
    }
    Value::Object(plan)
}

/// Values for the columns of lookups, as the application might write them.
pub(super) fn fill(table: &Table, raw: &RawRow, row: &mut Row) {
    for (i, column) in table.columns.iter().enumerate() {
        match column.name.as_str() {
            "code" => row[i] = (raw.cells[8] % 8 != 7).then(|| Type::Key.value(raw.cells[8])),
            "seek" => row[i] = (raw.cells[9] % 8 != 7).then(|| Type::Key.value(raw.cells[9])),
            "found" => row[i] = Some(column.ty.value(raw.cells[10] % 5)),
            _ => {}
        }
    }
}

/// What a source row searches for: mostly something that a source has. The column that is looked up
/// is none of the file's.
pub(super) fn seek(
    table: &Table,
    raw: &RawRow,
    dangling: bool,
    before: &[Row],
    index: usize,
    sources: &[Vec<Row>],
    row: &mut Row,
) {
    let Some(lookup) = &table.lookup else { return };
    row[lookup.set] = None;
    let rows = if lookup.table == index { before } else { &sources[lookup.table] };
    let codes: Vec<&Cell> = rows.iter().map(|r| &r[lookup.code]).filter(|c| c.is_some()).collect();
    if !dangling && let Some(code) = codes.get(usize::from(raw.cells[9]) % codes.len().max(1)) {
        row[lookup.seek].clone_from(code);
    }
}

/// Finds the values of all lookups, in an order in which each finds those that it reads.
pub(super) fn make(works: &mut [Work<'_>], faults: &mut Faults) {
    for own in 0..works.len() {
        let Some(lookup) = &works[own].table.lookup else { continue };
        // A row that is refused answers no other row of its table.
        while refuse(works, own, lookup, faults) {}
        let answers = Answers::of(&works[lookup.table], lookup);
        for row in &mut works[own].passed {
            if let Some(value) = answers.find(&row[lookup.seek]).first() {
                row[lookup.set].clone_from(value);
            }
        }
    }
    works.iter_mut().for_each(|work| empty_handed(work, faults));
}

/// One look for what is ambiguous or missing; whether rows were refused.
fn refuse(works: &mut [Work<'_>], own: usize, lookup: &Lookup, faults: &mut Faults) -> bool {
    let answers = Answers::of(&works[lookup.table], lookup);
    let rows = std::mem::take(&mut works[own].passed);
    let before = rows.len();
    for row in rows {
        let found = answers.find(&row[lookup.seek]).len();
        if found > 1 {
            faults.insert("21000");
        }
        match lookup.on_missing {
            "quarantine" if found == 0 && row[lookup.seek].is_some() => {
                works[own].refused.push((row, "missing_lookup"));
                continue;
            }
            "error" if found == 0 && row[lookup.seek].is_some() => _ = faults.insert("23503"),
            _ => {}
        }
        works[own].passed.push(row);
    }
    works[own].passed.len() < before
}

/// Rows in which a lookup leaves NULL where there must be a value.
fn empty_handed(work: &mut Work<'_>, faults: &mut Faults) {
    let strict = work.table.lookup.as_ref().filter(|l| work.table.columns[l.set].not_null);
    let Some(lookup) = strict else { return };
    let (bad, good): (Vec<Row>, Vec<Row>) =
        std::mem::take(&mut work.passed).into_iter().partition(|row| row[lookup.set].is_none());
    work.passed = good;
    if work.table.on_bad_value == "error" && !bad.is_empty() {
        faults.insert("23502");
    }
    work.refused.extend(bad.into_iter().map(|row| (row, "bad_value")));
}

/// The rows that may answer, as (code, value): those staged come before those that stay.
struct Answers {
    staged: Vec<(Cell, Cell)>,
    staying: Vec<(Cell, Cell)>,
}

impl Answers {
    fn of(work: &Work<'_>, lookup: &Lookup) -> Answers {
        let pair = |row: &Row| (row[lookup.code].clone(), row[lookup.take].clone());
        let new = |row: &&Row| {
            let filled = || work.open.contains(&work.identity(row));
            let inserts = || work.table.write != "insert_only" || work.held(row).is_none();
            !work.comes_back(row) && (inserts() || filled())
        };
        let stays = |t: &&Row| !work.may_go(t) && !work.passed.iter().any(|row| written(work, row, t));
        Answers {
            staged: work.passed.iter().filter(new).map(pair).collect(),
            staying: work.target.iter().filter(stays).map(pair).collect(),
        }
    }

    /// The different values for a code.
    fn find(&self, seek: &Cell) -> Vec<Cell> {
        if seek.is_none() {
            return Vec::new();
        }
        let of = |rows: &[(Cell, Cell)]| -> BTreeSet<Cell> {
            rows.iter().filter(|(code, _)| code == seek).map(|(_, value)| value.clone()).collect()
        };
        let staged = of(&self.staged);
        if staged.is_empty() { of(&self.staying) } else { staged }.into_iter().collect()
    }
}
