//! From drawn numbers to steps: sources, edits, calls.

use super::Row;
use super::case::{Edit, IMPORTED, LOCAL, Source, Step, Table, Type};
use super::cursor::{self, Asked};
use super::lookup;
use super::raw::{RawRow, RawStep};
use super::read::pick;

/// The `n`th key of a table.
fn key(table: &Table, n: u8) -> Row {
    let types: Vec<Type> = table.key.iter().map(|k| table.columns[*k].ty).collect();
    match types[..] {
        _ if table.generated => vec![Some((n / 2).to_string())],
        [ty] => vec![Some(ty.value(n))],
        _ => vec![Some(Type::Integer.value(n / 4)), Some(Type::Key.value(n % 4))],
    }
}

pub(super) fn step(raw: &RawStep, number: usize, tables: &[Table], before: Vec<Source>) -> Step {
    // Twice: tables refer to those after them, too, whose rows are known the second time.
    let first = sources(raw, number, tables, &before, before.clone());
    let sources = sources(raw, number, tables, &before, first);
    let edits = raw.edits.iter().map(|edit| {
        let index = usize::from(edit.table) % tables.len();
        let table = &tables[index];
        let mut row = plain_row(table, &edit.row, &|_, n| key_of(tables, n.0, n.1));
        if let Some(origin) = &table.origin {
            row[origin.column] = [Some(LOCAL), None, Some(IMPORTED), Some("X")]
                [usize::from(edit.row.cells[7] % 4)]
            .map(str::to_owned);
        }
        let address = Table::take(&row, &table.identity());
        let column = usize::from(edit.row.cells[6]) % table.columns.len();
        // A generated key is not the same in both databases: nothing is addressed by it.
        let unaddressed = table.generated && (address.is_empty() || table.key.contains(&column));
        match (edit.kind, &table.origin) {
            _ if unaddressed => Edit::Insert(index, row),
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
        dry_run: raw.look_first & 3 == 1,
        rehearse: raw.look_first & 3 == 2,
        replay: raw.look_first & 4 != 0,
        asked: asked(&raw.asked, tables),
    }
}

/// The sources of a step: those drawn for it, and else the last ones, which refer to `known` rows.
fn sources(
    raw: &RawStep,
    number: usize,
    tables: &[Table],
    before: &[Source],
    mut known: Vec<Source>,
) -> Vec<Source> {
    for (index, table) in tables.iter().enumerate() {
        let Some(raw) = raw.sources.get(index) else {
            let mut rows = std::mem::take(&mut known[index]);
            rows.retain_mut(|row| rebind(table, row, index, tables, &known));
            known[index] = rows;
            continue;
        };
        let mut rows: Source = Vec::new();
        for raw_row in &raw.rows {
            let flaw = raw_row.flaw.filter(|flaw| table.planned && (!raw.careful || passes(table, *flaw)));
            if let Some(mut row) = source_row(table, index, raw_row, flaw, &rows, &known, tables) {
                cursor::fill(table, raw_row, flaw, number, &mut row, &rows);
                if raw.careful {
                    let deletes = ["replace", "delete_insert"].contains(&table.write);
                    let stay = if deletes { &[][..] } else { &before[index][..] };
                    give_way(table, &mut row, rows.iter().chain(stay));
                }
                rows.push(row);
            }
        }
        known[index] = rows;
    }
    known
}

/// Takes references to rows that the other source no longer has out of a row of an old source, where
/// they would fail the run; false where the row cannot be without.
fn rebind(table: &Table, row: &mut Row, index: usize, tables: &[Table], known: &[Source]) -> bool {
    for reference in table.references.iter().filter(|r| r.parent != index) {
        let value = Table::take(row, &reference.columns);
        let key = |parent: &Row| Table::take(parent, &tables[reference.parent].key) == value;
        if table.on_missing_reference != "error" || known[reference.parent].iter().any(key) {
            continue;
        }
        reference.columns.iter().for_each(|c| row[*c] = None);
    }
    !table.in_file().any(|i| row[i].is_none() && table.columns[i].not_null)
}

/// Takes the values out of a row that another one has already, where no two may have them.
fn give_way<'a>(table: &Table, row: &mut Row, others: impl Iterator<Item = &'a Row> + Clone) {
    let identity = table.identity();
    let other = |o: &&Row| Table::take(o, &identity) != Table::take(row, &identity);
    let single = |i: &usize| {
        table.columns[*i].name == "code" || table.unique.contains(i) && table.on_unique_conflict == "error"
    };
    let taken = |i: &usize| others.clone().filter(other).any(|o| o[*i] == row[*i]);
    let taken: Vec<usize> = (0..row.len()).filter(|i| single(i) && taken(i)).collect();
    taken.into_iter().for_each(|i| row[i] = None);
}

fn asked(raw: &[u8], tables: &[Table]) -> Asked {
    let mode = pick(&["auto", "auto", "incremental", "full", "auto", "incremental"], raw[0]);
    // Of the kind that the cursors of the phase have; seldom where they are not all of one, or a full
    // run is asked for, which fails.
    let mut types = tables.iter().filter_map(|t| Some(t.columns[t.cursor.as_ref()?.column].ty));
    let first = types.next();
    let fails = mode == "full" || types.any(|ty| Some(ty) != first);
    let ty = first.filter(|_| raw[1] >= if fails { 47 } else { 36 });
    let named: Vec<usize> =
        (0..tables.len()).filter(|i| raw[3] >> i & 1 == 1 && tables[*i].planned).collect();
    Asked {
        mode,
        since: ty.map(|ty| ty.value(2 * (raw[1] - 36))),
        tables: (raw[2] >= 36 && !named.is_empty()).then_some(named),
    }
}

fn key_of(tables: &[Table], table: usize, n: u8) -> Row {
    key(&tables[table], n)
}

/// A row as drawn, whose references `refer` chooses: from the reference's place and (parent, number).
fn plain_row(table: &Table, raw: &RawRow, refer: &dyn Fn(usize, (usize, u8)) -> Row) -> Row {
    let mut row: Row = vec![None; table.columns.len()];
    if !table.generated {
        for (i, value) in table.key.iter().zip(key(table, raw.key)) {
            row[*i] = value;
        }
    }
    if let Some(column) = table.merge_key {
        row[column] = Some(Type::Integer.value(raw.key));
    }
    let values = (0..table.columns.len()).filter(|i| table.columns[*i].name.starts_with('v'));
    for (place, i) in values.enumerate() {
        let column = &table.columns[i];
        let n = raw.cells[place] % if table.unique.contains(&i) { 12 } else { 5 };
        row[i] = (n != 4 || column.not_null).then(|| column.ty.value(n));
    }
    if let Some(cursor) = &table.cursor {
        row[cursor.column] = Some(table.columns[cursor.column].ty.value(raw.at));
    }
    lookup::fill(table, raw, &mut row);
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

/// The flaws that a drawn row may have; the others are none of the table's.
const DANGLING: u8 = 0;
const NULL_KEY: u8 = 1;
const UNFIT: u8 = 2;
const NULL_VALUE: u8 = 3;
const REPEATED: u8 = 4;

/// Whether a run goes on in spite of a flaw.
fn passes(table: &Table, flaw: u8) -> bool {
    let finds = table.lookup.as_ref().is_none_or(|l| l.on_missing != "error");
    match flaw {
        DANGLING => table.on_missing_reference != "error" && finds,
        NULL_KEY if !table.generated => table.on_null_key != "error",
        NULL_KEY | UNFIT | NULL_VALUE => table.on_bad_value != "error",
        REPEATED => table.on_duplicate_key != "error",
        _ => false,
    }
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
    let refer = |_: usize, (parent, n): (usize, u8)| {
        // Mostly a row that is there: of the parent's file, or an earlier one of the same file.
        let rows = if parent == index { before } else { &sources[parent] };
        if flaw == Some(DANGLING) {
            return key_of(tables, parent, n % 10);
        }
        if rows.is_empty() {
            return vec![None; tables[parent].key.len()];
        }
        Table::take(&rows[usize::from(n) % rows.len()], &tables[parent].key)
    };
    let mut row = plain_row(table, raw, &refer);
    if let Some(same) = before.first().filter(|_| flaw == Some(REPEATED) && !table.generated) {
        table.key.iter().for_each(|i| row[*i].clone_from(&same[*i]));
    }
    if let Some(origin) = table.origin.as_ref().filter(|o| o.from_source) {
        let marks = [Some(IMPORTED), Some(LOCAL), Some(IMPORTED), None];
        row[origin.column] = pick(&marks, raw.cells[7]).map(str::to_owned);
    }
    lookup::seek(table, raw, flaw == Some(DANGLING), before, index, sources, &mut row);
    // A parent without rows leaves nothing to refer to.
    if table.in_file().any(|i| row[i].is_none() && table.columns[i].not_null) {
        return None;
    }
    match flaw {
        Some(NULL_KEY) => {
            let identity = table.identity();
            if let Some(i) = identity.get(usize::from(raw.cells[5]) % identity.len().max(1)) {
                row[*i] = None;
            }
        }
        Some(UNFIT) => {
            let unfit = table.in_file().find_map(|i| Some((i, table.columns[i].ty.unfit()?)));
            if let Some((i, (value, _))) = unfit {
                row[i] = Some(value.to_owned());
            }
        }
        Some(NULL_VALUE) => {
            let strict = |i: &usize| table.columns[*i].not_null && !table.identity().contains(i);
            if let Some(i) = table.in_file().find(strict) {
                row[i] = None;
            }
        }
        _ => {}
    }
    let identity = table.identity();
    let same = |b: &Row| Table::take(b, &identity) == Table::take(&row, &identity);
    let repeated = !identity.is_empty() && before.iter().any(same);
    (!repeated || (flaw == Some(REPEATED) && !table.generated)).then_some(row)
}
