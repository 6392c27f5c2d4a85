//! Open sources: files, and rows of the database itself, which its session reads by a cursor.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use arrow::record_batch::RecordBatch;

use crate::catalog::{Column, RelName, Table};
use crate::error::{Error, Kind, Result};
use crate::plan::{Carrier, Documents, Source};
use crate::planner::Tracked;
use crate::session::{CursorId, Dialect, Facts, Session};
use crate::source::{
    self, Format, JsonSource, ParquetSource, Relative, RowSource, Skips, SourceBatch, SourceColumn,
};
use crate::sql::{self, Sql};
use crate::types::ColumnType;

use super::documents::label;

/// How many rows the first fetch asks for; later ones go by the size of the rows before.
pub(super) const FIRST_FETCH: usize = 64;
const MOST_FETCH: usize = 8192;
/// How many bytes a fetch should have.
const FETCH_BYTES: usize = 8 * 1024 * 1024;

/// A source that is open: where it is, and its reader.
pub(crate) struct Input {
    /// How messages call it: `file "jobs.parquet"`, `table "legacy.jobs"`, `the query`.
    pub label: String,
    pub reader: Reader,
    /// When the oldest of its files was written; None where it has none.
    pub oldest: Option<SystemTime>,
}

/// What reads a source.
pub(crate) enum Reader {
    /// Files, which a thread of their own can read.
    Files(Box<dyn RowSource>),
    /// Rows of the database, for which the session is needed.
    Rows(Rows),
}

impl Reader {
    /// The columns of the source, in its order.
    pub fn columns(&self) -> &[SourceColumn] {
        match self {
            Reader::Files(files) => files.columns(),
            Reader::Rows(rows) => &rows.columns,
        }
    }

    /// Reads only these columns, in this order. Errors: 42703, 42701.
    pub fn project(&mut self, names: &[&str]) -> Result<()> {
        match self {
            Reader::Files(files) => files.project(names),
            Reader::Rows(rows) => rows.project(names),
        }
    }

    /// Lets a source leave out parts whose greatest value in `column` the rule says are not wanted.
    pub fn narrow(&mut self, column: &str, skips: Skips) {
        match self {
            Reader::Files(files) => files.narrow(column, skips),
            // A database compares in its own way; what is not wanted is left out afterwards.
            Reader::Rows(_) => {}
        }
    }

    /// How many row groups were read so far, and how many were left out.
    pub fn row_groups(&self) -> (usize, usize) {
        match self {
            Reader::Files(files) => files.row_groups(),
            Reader::Rows(_) => (0, 0),
        }
    }

    /// Gives up what is held open of a source that is not read to its end.
    pub fn close(&mut self, s: &mut dyn Session) -> Result<()> {
        match self {
            Reader::Files(_) => Ok(()),
            Reader::Rows(rows) => rows.close(s),
        }
    }
}

/// Opens a source. JSON files are read once here, to learn their columns.
///
/// Errors: 42501 where the role may not read files, 22023 for a relative root on a server and a
/// query that writes, 42P01 for a relation that does not exist, 42701 for two columns of
/// one name; those of [`source::resolve`], [`ParquetSource::open`] and [`JsonSource::open`]; and
/// the database's own about the query.
pub(crate) fn open_source(s: &mut dyn Session, root: Option<&Path>, source: &Source) -> Result<Input> {
    let mut oldest = None;
    let reader = match source {
        Source::Parquet(spec) => {
            let files = find(s.facts(), root, spec, Format::Parquet)?;
            oldest = times(&files)?.into_iter().min();
            Reader::Files(Box::new(ParquetSource::open(files)?))
        }
        Source::Json(spec) => {
            let files = find(s.facts(), root, spec, Format::Json)?;
            oldest = times(&files)?.into_iter().min();
            Reader::Files(Box::new(JsonSource::open(files, &mut || s.check_interrupt())?))
        }
        Source::Documents(documents) => {
            return Err(Error::new(
                Kind::Internal,
                format!("the documents of \"{}\" are read for all tables", documents.of.text()),
            ));
        }
        Source::Table(name) => Reader::Rows(Rows::of_table(s, name)?),
        Source::Query(query) => Reader::Rows(Rows::of_query(s, query)?),
    };
    Ok(Input { label: label(source), reader, oldest })
}

/// The files of a table's source and when each was written; none where its rows come from the database.
///
/// Errors: those of [`open_source`] for files.
pub(super) fn written(
    facts: &Facts,
    root: Option<&Path>,
    source: Option<&Source>,
) -> Result<Vec<(PathBuf, SystemTime)>> {
    let files = match source {
        Some(Source::Parquet(spec)) => find(facts, root, spec, Format::Parquet)?,
        Some(Source::Json(spec) | Source::Documents(Documents { of: Carrier::Files(spec), .. })) => {
            find(facts, root, spec, Format::Json)?
        }
        Some(Source::Table(_) | Source::Query(_) | Source::Documents(_)) | None => Vec::new(),
    };
    let times = times(&files)?;
    Ok(files.into_iter().zip(times).collect())
}

pub(super) fn times(files: &[PathBuf]) -> Result<Vec<SystemTime>> {
    let time = |path: &PathBuf| std::fs::metadata(path).and_then(|meta| meta.modified());
    files.iter().map(|path| time(path).map_err(|error| source::system(path, &error))).collect()
}

impl Input {
    /// The rows of a table that were changed here and are in batches: these columns of them.
    pub fn of_changes(dialect: Dialect, tracked: &Tracked, columns: &[&str]) -> Input {
        let label = format!("table \"{}\"", tracked.name);
        let described = columns.iter().filter_map(|name| tracked.table.column(name)).map(describe);
        let select = Select::Changes(Box::new(tracked.clone()));
        let rows = Rows::new(dialect, select, None, &label, described);
        Input { reader: Reader::Rows(rows), label, oldest: None }
    }
}

/// The files that a source names, for a caller who may read them.
pub(super) fn find(facts: &Facts, root: Option<&Path>, spec: &str, format: Format) -> Result<Vec<PathBuf>> {
    may_read(facts)?;
    if let Some(root) = root.filter(|r| facts.dialect == Dialect::Postgres && !r.is_absolute()) {
        return Err(Error::new(
            Kind::InvalidParameter,
            format!("root \"{}\" is not an absolute path", root.display()),
        ));
    }
    let base = match facts.dialect {
        Dialect::Postgres => Relative::Refused,
        Dialect::Sqlite => Relative::WorkingDirectory,
    };
    source::resolve(spec, root, base, format)
}

/// Errors: 42501 where the role may not read files.
fn may_read(facts: &Facts) -> Result<()> {
    if facts.may_read_files {
        return Ok(());
    }
    Err(Error::new(Kind::Forbidden, "permission denied to read a file on the server")
        .detail("Only roles with privileges of the \"pg_read_server_files\" role may read files."))
}

/// For a path that a call names itself. Errors: 42501 as [`may_read`], 22023 a relative one on a server.
pub(crate) fn may_read_at(facts: &Facts, path: &Path, hint: &str) -> Result<()> {
    may_read(facts)?;
    if facts.dialect == Dialect::Postgres && !path.is_absolute() {
        return Err(Error::new(
            Kind::InvalidParameter,
            format!("\"{}\" is not an absolute path", path.display()),
        )
        .hint(hint));
    }
    Ok(())
}

/// What is to be said of a source table that cannot be read now, though it may be when the run comes
/// (42P01 where there is none).
pub(crate) fn absent(s: &mut dyn Session, source: Option<&Source>) -> Result<Option<Error>> {
    let Some(
        Source::Table(name) | Source::Documents(Documents { of: Carrier::Table { table: name, .. }, .. }),
    ) = source
    else {
        return Ok(None);
    };
    match s.find_table(&RelName::parse(name)?) {
        Ok(found) => Ok(found.is_none().then(|| no_relation(name))),
        // A view over a table that is gone.
        Err(error) if matches!(error.kind, Kind::Database(_)) => Ok(Some(error)),
        Err(error) => Err(error),
    }
}

fn no_relation(name: &str) -> Error {
    Error::new(Kind::UndefinedTable, format!("source table \"{name}\" does not exist"))
}

/// Rows of a relation or of a query. Of a relation only the projected columns are read.
pub(crate) struct Rows {
    select: Select,
    /// How messages call what the rows are of.
    called: Arc<str>,
    pub columns: Vec<SourceColumn>,
    /// The type that each column is read as.
    types: Vec<ColumnType>,
    /// The places of the projected columns.
    wanted: Vec<usize>,
    /// A query's is open from the beginning, because only it knows the columns.
    cursor: Option<CursorId>,
    row: u64,
    fetch: usize,
    ended: bool,
}

enum Select {
    /// (schema, name)
    Table(String, String),
    Query(Sql),
    /// The rows of a table that are in its batches.
    Changes(Box<Tracked>),
}

impl Rows {
    pub fn of_table(s: &mut dyn Session, name: &str) -> Result<Rows> {
        let found = s.find_table(&RelName::parse(name)?)?;
        let Table { schema, name: relation, columns, .. } = found.ok_or_else(|| no_relation(name))?;
        let described = columns.iter().map(describe);
        let called = format!("table \"{name}\"");
        let select = Select::Table(schema, relation);
        Ok(Rows::new(s.facts().dialect, select, None, &called, described))
    }

    pub fn of_query(s: &mut dyn Session, query: &str) -> Result<Rows> {
        let query = Sql::from_user(query);
        let cursor = s.cursor_open(&query, &[])?;
        if !s.cursor_only_reads(cursor)? {
            s.cursor_close(cursor)?;
            return Err(Error::new(Kind::InvalidParameter, "the query is not a SELECT that only reads"));
        }
        let columns = s.cursor_columns(cursor)?;
        let mut seen = HashSet::new();
        if let Some(twice) = columns.iter().find(|c| !seen.insert(c.name.as_str())) {
            let message = format!("the query has two columns named \"{}\"", twice.name);
            s.cursor_close(cursor)?;
            return Err(Error::new(Kind::DuplicateColumn, message).hint("Name each of them by AS."));
        }
        let dialect = s.facts().dialect;
        let described = columns.into_iter().map(|c| Described {
            spelled: sql::type_name(dialect, &c.ty),
            name: c.name,
            ty: c.ty,
            nullable: true,
        });
        Ok(Rows::new(dialect, Select::Query(query), Some(cursor), "the query", described))
    }

    /// Asks for one row first: they may be large.
    pub fn one_by_one(mut self) -> Rows {
        self.fetch = 1;
        self
    }

    fn new(
        dialect: Dialect,
        select: Select,
        cursor: Option<CursorId>,
        called: &str,
        described: impl Iterator<Item = Described>,
    ) -> Rows {
        let (mut columns, mut types) = (Vec::new(), Vec::new());
        for Described { name, ty, spelled, nullable } in described {
            // A declared type of SQLite promises nothing of the values.
            let read_as = if dialect == Dialect::Sqlite { ColumnType::Any } else { ty.clone() };
            columns.push(SourceColumn {
                name,
                data_type: read_as.arrow(),
                source_type: spelled,
                natural: ty,
                nullable,
            });
            types.push(read_as);
        }
        let wanted = (0..columns.len()).collect();
        Rows {
            select,
            called: called.into(),
            columns,
            types,
            wanted,
            cursor,
            row: 0,
            fetch: FIRST_FETCH,
            ended: false,
        }
    }

    /// Reads this statement from now on, which has the columns of the one before it.
    pub fn read_instead(&mut self, statement: Sql) {
        self.select = Select::Query(statement);
    }

    pub fn project(&mut self, names: &[&str]) -> Result<()> {
        let place = |name: &&str| {
            let message = || format!("{} has no column \"{name}\"", self.called);
            let place = self.columns.iter().position(|c| c.name == **name);
            place.ok_or_else(|| Error::new(Kind::UndefinedColumn, message()))
        };
        self.wanted = names.iter().map(place).collect::<Result<_>>()?;
        (self.row, self.ended) = (0, false);
        Ok(())
    }

    /// The next rows; None at the end, where the cursor is closed. Errors: the database's own, and
    /// 42804 for a value that its type in Arrow cannot hold (an infinite date).
    pub fn next(&mut self, s: &mut dyn Session) -> Result<Option<SourceBatch>> {
        if self.ended {
            return Ok(None);
        }
        let cursor = match self.cursor {
            Some(cursor) => cursor,
            None => *self.cursor.insert(s.cursor_open(&self.statement(s.facts().dialect), &[])?),
        };
        let (types, places) = self.fetched();
        let Some(batch) = s.cursor_fetch(cursor, &types, self.fetch)? else {
            self.ended = true;
            self.close(s)?;
            return Ok(None);
        };
        let batch = batch.project(&places).map_err(|e| Error::new(Kind::Internal, e.to_string()))?;
        self.fetch = next_fetch(self.fetch, &batch);
        let first_row = self.row;
        self.row = self.row.saturating_add(batch.num_rows() as u64);
        Ok(Some(SourceBatch { from: Arc::clone(&self.called), first_row, rows: None, elements: None, batch }))
    }

    fn statement(&self, dialect: Dialect) -> Sql {
        let columns = self.wanted.iter().filter_map(|at| self.columns.get(*at));
        let names: Vec<&str> = columns.map(|c| c.name.as_str()).collect();
        match &self.select {
            Select::Table(schema, name) => sql::select_columns(schema, name, &names),
            Select::Query(query) => query.clone(),
            Select::Changes(tracked) => sql::changed_rows(dialect, tracked, &names),
        }
    }

    /// The types of the cursor's columns, and the places of the projected ones among them.
    fn fetched(&self) -> (Vec<ColumnType>, Vec<usize>) {
        match self.select {
            Select::Query(_) => (self.types.clone(), self.wanted.clone()),
            // Without a column there is one that nobody wants.
            Select::Table(..) if self.wanted.is_empty() => {
                (vec![ColumnType::Text { max_chars: None }], Vec::new())
            }
            Select::Table(..) | Select::Changes(_) => {
                let types = self.wanted.iter().filter_map(|at| self.types.get(*at)).cloned();
                (types.collect(), (0..self.wanted.len()).collect())
            }
        }
    }

    fn close(&mut self, s: &mut dyn Session) -> Result<()> {
        self.cursor.take().map_or(Ok(()), |cursor| s.cursor_close(cursor))
    }
}

/// A column as the database tells of it.
struct Described {
    name: String,
    ty: ColumnType,
    spelled: String,
    nullable: bool,
}

fn describe(column: &Column) -> Described {
    Described {
        name: column.name.clone(),
        ty: column.ty.clone(),
        spelled: column.sql_type.clone(),
        nullable: !column.not_null,
    }
}

/// How many rows to ask for after a batch: as many as should fit, growing step by step, so that
/// neither wide rows nor many of them take much memory.
pub(super) fn next_fetch(before: usize, batch: &RecordBatch) -> usize {
    let row = batch.get_array_memory_size() / batch.num_rows().max(1);
    (FETCH_BYTES / row.max(1)).clamp(1, MOST_FETCH).min(before.saturating_mul(8))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, StringArray};

    use super::*;

    #[test]
    fn fetches_grow_step_by_step_and_shrink_for_wide_rows() {
        let batch = |width: usize| {
            let text: ArrayRef = Arc::new(StringArray::from(vec!["x".repeat(width); 10]));
            RecordBatch::try_from_iter([("a", text)]).unwrap()
        };
        assert_eq!(next_fetch(64, &batch(10)), 512);
        assert_eq!(next_fetch(4096, &batch(10)), MOST_FETCH);
        assert_eq!(next_fetch(512, &batch(FETCH_BYTES)), 1);
        assert!((1..=4).contains(&next_fetch(512, &batch(FETCH_BYTES / 4))));
    }
}
