//! From drawn numbers to a case: its tables, and what each number chooses.

use super::case::{Case, Column, OnDelete, Origin, Reference, Step, Table, Type};
use super::cursor;
use super::feed::FEEDS;
use super::lookup;
use super::raw::{RawCase, RawTable};
use super::steps::step;

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

/// Whether the source says which rows are imported.
fn marks_source(raw: &RawTable) -> bool {
    raw.rules[1] % 5 == 1
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
        let on_delete = match reference.on_delete % 3 {
            1 => OnDelete::Cascade,
            2 if !not_null => OnDelete::SetNull,
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
    let comes_back = |r: &Reference| marks_source(&all[r.parent]);
    let makes_stubs = !references.iter().any(comes_back);
    let missing: &[&str] =
        if makes_stubs { &["error", "quarantine", "null", "stub"] } else { &["error", "quarantine", "null"] };
    let origin = (rule(0) % 3 != 0 && !raw.outside).then(|| Origin {
        column: add("origin".to_owned(), Type::Key, false),
        from_source: marks_source(raw) && !generated,
        null_is_imported: rule(2) % 4 == 1,
    });
    let keep_local = rule(3) % 6 != 1 || origin.as_ref().is_none_or(|o| o.from_source);
    let free = |i: &usize| !unique.contains(i);
    let of_type =
        |types: &[Type]| values.iter().copied().find(|i| free(i) && types.contains(&columns[*i].ty));
    let ignore = values.first().copied().filter(|i| rule(6) % 4 == 1 && free(i));
    let refuse = ["error", "quarantine"];
    let deletes = ["replace", "delete_insert"].contains(&write);
    let dedup_sort = of_type(&[Type::Day, Type::Moment]).filter(|_| !generated);
    let duplicates: &[&str] =
        if dedup_sort.is_some() { &["error", "last", "quarantine", "last"] } else { &refuse };
    let scoped = deletes && rule(14) % 3 != 0;
    let capped = rule(13) % 6 == 5;
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
            "replace" | "upsert" => pick(&["keep", "quarantine", "error", "quarantine"], rule(11)),
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
