//! The sources of a run. Those of documents are read when the first table asks, once for all tables
//! that take from them.

use std::path::Path;

use crate::catalog::Table;
use crate::convert::text;
use crate::error::{Error, Kind, Result};
use crate::plan::{self, Carrier, ColumnSource, SortColumn, Source, TablePlan, is_path};
use crate::planner;
use crate::session::Session;
use crate::source::{Beside, Documents, Format, SourceColumn, Wanted};

use super::input::{Input, Reader, find, open_source, times};
use super::progress::Progress;
use super::raw::Kept;
use super::rows::Rows;

/// The sources of all tables of a run.
pub(super) struct Sources<'a> {
    plans: &'a [TablePlan],
    tables: &'a [Table],
    /// Per plan, what was read with that of another.
    read: Vec<Option<Input>>,
    /// The documents that are to be kept.
    pub kept: Vec<Kept>,
}

impl Sources<'_> {
    /// Those of `plans`, which write `tables`.
    pub fn new<'a>(plans: &'a [TablePlan], tables: &'a [Table]) -> Sources<'a> {
        Sources { plans, tables, read: plans.iter().map(|_| None).collect(), kept: Vec::new() }
    }

    /// Opens the source of the table at this place.
    ///
    /// Errors: those of [`open_source`]; of documents those of [`Documents`], and 42703 for a column that
    /// the relation lacks.
    pub fn open(&mut self, s: &mut dyn Session, root: Option<&Path>, ordinal: usize) -> Result<Input> {
        if let Some(input) = self.read.get_mut(ordinal).and_then(Option::take) {
            return Ok(input);
        }
        let lost = || Error::new(Kind::Internal, "a table without a plan has no source");
        let plan = self.plans.get(ordinal).ok_or_else(lost)?;
        let source = plan.source.as_ref().ok_or_else(lost)?;
        let Source::Documents(plan::Documents { of, .. }) = source else {
            return open_source(s, root, source);
        };
        let reads =
            |plan: &TablePlan| matches!(&plan.source, Some(Source::Documents(other)) if other.of == *of);
        let readers: Vec<usize> = (ordinal..)
            .zip(self.plans.iter().skip(ordinal))
            .filter(|(_, p)| reads(p))
            .map(|(i, _)| i)
            .collect();
        let keep = readers
            .iter()
            .filter_map(|i| self.plans.get(*i)?.keep_raw?.days())
            .max_by_key(|days| days.unwrap_or(u32::MAX));
        let taken = readers.iter().filter_map(|i| self.plans.get(*i).zip(self.tables.get(*i)));
        let (rows, oldest) = match of {
            Carrier::Files(spec) => {
                let files = find(s.facts(), root, spec, Format::Json)?;
                let oldest = times(&files)?.into_iter().min();
                let mut documents = Documents::new(
                    taken.map(|(plan, table)| wanted(plan, table, &[])).collect::<Result<_>>()?,
                    keep.is_some(),
                );
                let clock = Progress::start();
                documents.read_files(files, &mut |read| {
                    clock.reached(s, "reading documents of", spec, read);
                    s.check_interrupt()
                })?;
                (documents, oldest)
            }
            Carrier::Table { table, column } => {
                let rows = Rows::of_table(s, table)?;
                (read_rows(s, rows, column, taken, keep.is_some())?, None)
            }
            Carrier::Query { query, column } => {
                let rows = Rows::of_query(s, query)?;
                (read_rows(s, rows, column, taken, keep.is_some())?, None)
            }
        };
        let (rows, raw) = rows.finish()?;
        if let Some((days, documents)) = keep.zip(raw) {
            self.kept.push(Kept::new(of.text(), days, documents));
        }
        for (ordinal, rows) in readers.iter().zip(rows) {
            if let Some(read) = self.read.get_mut(*ordinal) {
                *read = Some(Input { label: label(source), reader: Reader::Files(Box::new(rows)), oldest });
            }
        }
        self.read.get_mut(ordinal).and_then(Option::take).ok_or_else(lost)
    }
}

/// How messages call a source.
pub(super) fn label(source: &Source) -> String {
    match source {
        Source::Parquet(spec) | Source::Json(spec) => format!("file \"{spec}\""),
        Source::Documents(documents) => match &documents.of {
            Carrier::Files(spec) => format!("file \"{spec}\""),
            Carrier::Table { table, .. } => format!("table \"{table}\""),
            Carrier::Query { .. } => "the query".to_owned(),
        },
        Source::Table(name) => format!("table \"{name}\""),
        Source::Query(_) => "the query".to_owned(),
    }
}

/// Reads the documents in a column of rows, for tables that take of them and of the columns beside it.
fn read_rows<'a>(
    s: &mut dyn Session,
    rows: Rows,
    column: &str,
    taken: impl Iterator<Item = (&'a TablePlan, &'a Table)>,
    keep: bool,
) -> Result<Documents> {
    let mut rows = rows.one_by_one();
    let columns = rows.columns.clone();
    let wanted = taken.map(|(plan, table)| wanted(plan, table, &columns)).collect::<Result<Vec<_>>>()?;
    let found = called(&columns, column).map_or(column, |found| &found.name);
    // The documents come first, what is beside them after.
    let mut read: Vec<&str> = vec![found];
    let taken =
        |name: &str| wanted.iter().any(|wanted| wanted.beside.iter().any(|beside| beside.name == name));
    read.extend(columns.iter().map(|column| column.name.as_str()).filter(|name| taken(name)));
    let place = |name: &str| read.iter().skip(1).position(|read| *read == name).unwrap_or_default();
    let placed = wanted.into_iter().map(|mut wanted| {
        wanted.beside.iter_mut().for_each(|beside| beside.place = place(&beside.name));
        wanted
    });
    let mut documents = Documents::new(placed.collect(), keep);
    rows.project(&read)?;
    let clock = Progress::start();
    let mut done = 0;
    while let Some(batch) = rows.next(s)? {
        s.check_interrupt()?;
        let count = batch.batch.num_rows();
        let arrays = batch.batch.columns().iter().map(|array| {
            text::writer(array.as_ref()).map(|write| (array, write)).ok_or_else(|| {
                Error::new(Kind::DatatypeMismatch, format!("{} has a column that is no text", batch.from))
            })
        });
        let arrays = arrays.collect::<Result<Vec<_>>>()?;
        for row in 0..count {
            let mut values = arrays.iter().map(|(array, write)| {
                let mut text = String::new();
                write(row, &mut text);
                (!array.is_null(row)).then_some(text)
            });
            let document = values.next().flatten();
            // It may be kept as the bytes of its text, which are hexadecimal here.
            let document = document.map(|text| text::text_in_bytes(&text).unwrap_or(text));
            let beside: Vec<Option<String>> = values.collect();
            let beside: Vec<Option<&str>> = beside.iter().map(Option::as_deref).collect();
            if let Some(document) = document {
                documents.read_row(&batch.from, batch.place(row), &document, &beside)?;
            }
        }
        done += i64::try_from(count).unwrap_or_default();
        clock.reached(s, "reading documents of", &batch.from, done);
    }
    Ok(documents)
}

/// The column that is called `name`: spelled exactly so, else the first that differs in case.
pub(super) fn called<'a>(columns: &'a [SourceColumn], name: &str) -> Option<&'a SourceColumn> {
    let exact = columns.iter().find(|column| column.name == name);
    exact.or_else(|| columns.iter().find(|column| column.name.to_lowercase() == name.to_lowercase()))
}

/// What a table takes of documents, of which `beside` are the columns beside them.
fn wanted(plan: &TablePlan, table: &Table, beside: &[SourceColumn]) -> Result<Wanted> {
    let Some(Source::Documents(plan::Documents { of, each })) = &plan.source else {
        return Err(Error::new(Kind::Internal, "a table that reads no documents takes nothing of them"));
    };
    let mut wanted = Wanted {
        each: each.clone(),
        paths: Vec::new(),
        names: Vec::new(),
        beside: Vec::new(),
        speaks: planner::spoken_scope(plan),
    };
    let cursor = plan.cursor.iter().flat_map(|c| std::iter::once(&c.column).chain(&c.by));
    let sorts = cursor.chain(&plan.dedup_sort).filter_map(|column| match column {
        SortColumn::Source { source, .. } => Some(source.as_str()),
        SortColumn::Target(_) => None,
    });
    let matched = plan.lookups.iter().flat_map(|l| l.match_columns.values()).map(String::as_str);
    let mapped = plan.columns.values().filter_map(|from| match from {
        ColumnSource::Column { name, .. } => Some(name.as_str()),
        ColumnSource::Path { .. } | ColumnSource::Value(_) => None,
    });
    let mut path = |path: plan::Path| {
        if !wanted.paths.contains(&path) {
            wanted.paths.push(path);
        }
    };
    for from in plan.columns.values() {
        if let ColumnSource::Path { path: from, .. } = from {
            path(from.clone());
        }
    }
    let mut names: Vec<&str> = mapped.collect();
    for name in sorts.chain(matched) {
        match is_path(name).then(|| plan::Path::parse(name).ok()).flatten() {
            Some(found) => path(found),
            None => names.push(name),
        }
    }
    for name in names {
        if matches!(of, Carrier::Files(_)) {
            wanted.names.push(name.to_owned());
        } else if let Some(found) = called(beside, name)
            && !wanted.beside.iter().any(|beside| beside.name == found.name)
        {
            wanted.beside.push(Beside { name: found.name.clone(), place: 0, natural: found.natural.clone() });
        }
    }
    let own =
        table.columns.iter().map(|column| &column.name).filter(|name| !plan.columns.contains_key(*name));
    wanted.names.extend(own.cloned());
    Ok(wanted)
}
