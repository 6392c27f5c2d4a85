//! Rows of the database itself as a source, which its session reads by a cursor.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::record_batch::RecordBatch;

use crate::catalog::{Column, RelName, Table};
use crate::error::{Error, Kind, Result};
use crate::planner::Tracked;
use crate::session::{CursorId, Dialect, Session};
use crate::source::{SourceBatch, SourceColumn};
use crate::sql::{self, Sql};
use crate::types::ColumnType;

/// How many rows the first fetch asks for; later ones go by the size of the rows before.
pub(super) const FIRST_FETCH: usize = 64;
const MOST_FETCH: usize = 8192;
/// How many bytes a fetch should have.
const FETCH_BYTES: usize = 8 * 1024 * 1024;

/// No relation has this name (42P01).
pub(super) fn no_relation(name: &str) -> Error {
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

    /// The rows of a table that were changed here and are in batches: these columns of them.
    pub fn of_changes(dialect: Dialect, tracked: &Tracked, columns: &[&str], called: &str) -> Rows {
        let described = columns.iter().filter_map(|name| tracked.table.column(name)).map(describe);
        Rows::new(dialect, Select::Changes(Box::new(tracked.clone())), None, called, described)
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

    pub fn close(&mut self, s: &mut dyn Session) -> Result<()> {
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
