//! From drawn numbers to a case: what each number chooses.

use super::Row;
use super::case::{
    Case, Column, Edit, IMPORTED, LOCAL, OnDelete, Origin, Reference, Source, Step, Table, Type,
};
use super::cursor::{self, Asked};
use super::feed::FEEDS;
use super::lookup;
use super::raw::{RawCase, RawRow, RawStep, RawTable};

pub(super) fn pick<T: Copy>(choices: &[T], n: u8) -> T {
    choices[usize::from(n) % choices.len()]
}

impl Case {
    /// Gives drawn numbers their meaning.
    pub fn read(raw: &RawCase) -> Case {
        let mut all = raw.tables.clone();
        all[0].outside = false;
        let mut tables: Vec<Table> = (0..all.len()).map(|own| table(&all, own)).collect();
        lookup::link(&all, &mut tables);
        let mut steps: Vec<Step> = Vec::new();
        for (number, raw) in raw.steps.iter().enumerate() {
            let before = steps.last().map(|s| s.sources.clone());
            let before = before.unwrap_or_else(|| vec![Vec::new(); tables.len()]);
            steps.push(step(raw, number, &tables, before));
        }
        Case { tables, steps }
    }
}

/// How a drawn table is written.
pub(super) fn write_of(raw: &RawTable) -> &'static str {
    if raw.outside {
        return "upsert";
    }
    let ways = ["replace", "upsert", "delete_insert", "insert_only"];
    pick(&ways, raw.rules[4])
}

pub(super) fn key_types(raw: &RawTable) -> Vec<Type> {
    match raw.key % 3 {
        _ if write_of(raw) == "delete_insert" => vec![Type::Integer],
        0 => vec![Type::Integer],
        1 => vec![Type::Key],
        _ => vec![Type::Integer, Type::Key],
    }
}

/// The tables that may be referred to: those whose keys come from the source.
pub(super) fn parents(all: &[RawTable]) -> Vec<usize> {
    (0..all.len()).filter(|i| write_of(&all[*i]) != "delete_insert").collect()
}

fn table(all: &[RawTable], own: usize) -> Table {
    let raw = &all[own];
    let mut columns: Vec<Column> = Vec::new();
    let mut add = |name: String, ty: Type, not_null: bool| {
        columns.push(Column { name, ty, not_null });
        columns.len() - 1
    };
    let rule = |n: usize| raw.rules[n];
    let write = write_of(raw);
    let generated = write == "delete_insert";
    let names: &[&str] = if key_types(raw).len() == 1 { &["id"] } else { &["a", "b"] };
    let key: Vec<usize> =
        names.iter().zip(key_types(raw)).map(|(name, ty)| add((*name).to_owned(), ty, true)).collect();
    let merge_key = (generated && (rule(15).is_multiple_of(2) || raw.columns.is_empty()))
        .then(|| add("m".to_owned(), Type::Integer, true));
    let mut values = Vec::new();
    let mut unique = Vec::new();
    for (i, column) in raw.columns.iter().enumerate() {
        let ty = pick(&Type::VALUES, column.ty);
        let is_unique = column.unique && ty != Type::Flag && !generated;
        values.push(add(format!("v{i}"), ty, column.not_null && !is_unique));
        unique.extend(is_unique.then(|| values[i]));
    }
    if let Some((name, ty)) = cursor::column(raw) {
        add(name.to_owned(), ty, false);
    }
    let mut references = Vec::new();
    let parents = parents(all);
    for (i, reference) in raw.references.iter().enumerate().filter(|_| !parents.is_empty()) {
        let parent = pick(&parents, reference.parent);
        // A row that must refer to one of its own table, or of a circle, could never be the first.
        let not_null = reference.not_null && parent < own;
        let types = key_types(&all[parent]);
        let columns: Vec<usize> =
            types.iter().enumerate().map(|(n, ty)| add(format!("r{i}_{n}"), *ty, not_null)).collect();
        let on_delete = match reference.on_delete {
            4 => OnDelete::Cascade,
            5 if !not_null => OnDelete::SetNull,
            _ => OnDelete::Refuse,
        };
        references.push(Reference { columns, parent, on_delete });
    }
    let code = lookup::is_searched(all, own).then(|| add("code".to_owned(), Type::Key, false));
    if let Some(code) = code.filter(|_| raw.key >= 4 && !generated) {
        // Unique columns are looked at in the order of their names.
        unique.insert(0, code);
    }
    for (name, ty, not_null) in lookup::columns(all, own) {
        add(name, ty, not_null);
    }
    // Known limit: a row of ours that comes back completes a stub without being written.
    let comes_back = |r: &Reference| all[r.parent].rules[1] == 1;
    let makes_stubs = !references.iter().any(comes_back);
    let missing: &[&str] =
        if makes_stubs { &["error", "quarantine", "null", "stub"] } else { &["error", "quarantine", "null"] };
    let origin = (rule(0) % 3 != 0 && !raw.outside).then(|| Origin {
        column: add("origin".to_owned(), Type::Key, false),
        from_source: rule(1) == 1 && !generated,
        null_is_imported: rule(2) == 1,
    });
    let keep_local = rule(3) != 1 || origin.as_ref().is_none_or(|o| o.from_source);
    let free = |i: &usize| !unique.contains(i);
    let of_type =
        |types: &[Type]| values.iter().copied().find(|i| free(i) && types.contains(&columns[*i].ty));
    let ignore = values.first().copied().filter(|i| rule(6) == 1 && free(i));
    let refuse = ["error", "quarantine"];
    let deletes = ["replace", "delete_insert"].contains(&write);
    let dedup_sort = of_type(&[Type::Day, Type::Moment]).filter(|_| !generated);
    let duplicates: &[&str] = if dedup_sort.is_some() { &["error", "quarantine", "last"] } else { &refuse };
    let scoped = deletes && rule(14) % 4 == 3;
    let capped = rule(13) % 4 == 3;
    let on_duplicate_key = if generated { "error" } else { pick(duplicates, rule(9)) };
    Table {
        name: format!("t{own}"),
        feed: pick(&FEEDS, raw.feed),
        planned: !raw.outside,
        lookup: None,
        generated,
        write,
        keep_local,
        ignore,
        merge_key,
        scope: of_type(&[Type::Flag, Type::Day]).filter(|i| scoped && ignore != Some(*i)),
        dedup_sort: dedup_sort.filter(|_| on_duplicate_key == "last"),
        max_quarantine: capped.then(|| usize::from(rule(13) / 4)),
        on_missing_reference: pick(missing, rule(5)),
        on_duplicate_key,
        on_null_key: pick(&refuse, rule(8)),
        on_bad_value: pick(&refuse, rule(7)),
        on_unique_conflict: pick(&refuse, rule(10)),
        on_local_conflict: match write {
            "replace" | "upsert" => pick(&["keep", "error", "quarantine"], rule(11)),
            _ => "keep",
        },
        on_referenced: pick(&["error", "retain"], rule(12)),
        cursor: cursor::drawn(raw, &columns),
        mode: pick(
            &[None, None, None, None, None, None, None, None, None, None, Some("full"), Some("incremental")],
            raw.cursor[4],
        ),
        key,
        unique,
        origin,
        references,
        columns,
    }
}

/// The `n`th key of a table.
fn key(table: &Table, n: u8) -> Row {
    let types: Vec<Type> = table.key.iter().map(|k| table.columns[*k].ty).collect();
    match types[..] {
        _ if table.generated => vec![Some((n / 2).to_string())],
        [ty] => vec![Some(ty.value(n))],
        _ => vec![Some(Type::Integer.value(n / 4)), Some(Type::Key.value(n % 4))],
    }
}

fn step(raw: &RawStep, number: usize, tables: &[Table], mut sources: Vec<Source>) -> Step {
    for (index, table) in tables.iter().enumerate() {
        let Some(raw) = raw.sources.get(index) else { continue };
        let mut rows: Source = Vec::new();
        for raw_row in &raw.rows {
            let flaw = raw_row.flaw.filter(|_| !raw.careful && table.planned);
            if let Some(mut row) = source_row(table, index, raw_row, flaw, &rows, &sources, tables) {
                cursor::fill(table, raw_row, flaw, number, &mut row, &rows);
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
        dry_run: raw.look_first & 1 != 0,
        rehearse: raw.look_first & 2 != 0,
        replay: raw.look_first & 4 != 0,
        asked: asked(&raw.asked, tables),
    }
}

fn asked(raw: &[u8], tables: &[Table]) -> Asked {
    // Of the kind that the first cursor of the phase has.
    let ty = tables.iter().find_map(|t| Some(t.columns[t.cursor.as_ref()?.column].ty));
    let named: Vec<usize> =
        (0..tables.len()).filter(|i| raw[3] >> i & 1 == 1 && tables[*i].planned).collect();
    Asked {
        mode: pick(&["auto", "auto", "incremental", "full", "auto", "incremental"], raw[0]),
        since: ty.filter(|_| raw[1] >= 36).map(|ty| ty.value(2 * (raw[1] - 36))),
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
        let n = raw.cells[place] % if table.unique.contains(&i) { 24 } else { 5 };
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
        let marks = [Some(IMPORTED), Some(LOCAL), Some(IMPORTED), None];
        row[origin.column] = pick(&marks, raw.cells[7]).map(str::to_owned);
    }
    lookup::seek(table, raw, flaw == Some(DANGLING), before, index, sources, &mut row);
    // A parent without rows leaves nothing to refer to.
    if table.in_file().any(|i| row[i].is_none() && table.columns[i].not_null) {
        return None;
    }
    match flaw {
        Some(1) => {
            let identity = table.identity();
            if let Some(i) = identity.get(usize::from(raw.cells[5]) % identity.len().max(1)) {
                row[*i] = None;
            }
        }
        Some(2) => {
            let unfit = (0..row.len()).find_map(|i| Some((i, table.columns[i].ty.unfit()?)));
            if let Some((i, (value, _))) = unfit {
                row[i] = Some(value.to_owned());
            }
        }
        Some(3) => {
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
    (!repeated || (flaw == Some(4) && !table.generated)).then_some(row)
}
