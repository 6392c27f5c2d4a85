//! Cursors: a query's rows as Arrow arrays, batch by batch.

use std::sync::Arc;

use arrow::datatypes::{Field, Schema};
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use cutover_core::session::ResultColumn;
use cutover_core::types::ColumnType;
use cutover_core::value::Value;
use cutover_core::{Error, Kind, Result};

use crate::declared;
use crate::statement::{Cell, Db, Statement};
use crate::values::Slot;

/// A batch ends early once its values take this many bytes, so that memory stays bounded.
const BATCH_BYTES: usize = 32 << 20;

/// A query on its way.
pub struct Cursor<'c> {
    statement: Statement<'c>,
    at: Place,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Before a row that has not been fetched from SQLite.
    Between,
    /// On a row that has been fetched and not handed out.
    OnRow,
    End,
}

impl<'c> Cursor<'c> {
    /// Opens a cursor; 22023 where the text is not one query that only reads.
    pub fn open(db: Db<'c>, sql: &str, args: &[Value]) -> Result<Self> {
        let mut statement = Statement::prepare(db, sql)?;
        // SQLite calls COMMIT, ATTACH and some PRAGMAs read-only as well.
        if !(statement.is_readonly() && statement.columns() > 0 && begins_query(sql)) {
            return Err(Error::new(Kind::InvalidParameter, "the query is not a SELECT that only reads"));
        }
        statement.bind(args)?;
        Ok(Cursor { statement, at: Place::Between })
    }

    /// Name and type of each column. Where no type is declared, the first row decides.
    pub fn columns(&mut self) -> Result<Vec<ResultColumn>> {
        self.advance()?;
        let column = |i| ResultColumn { name: self.statement.column_name(i), ty: self.column_type(i) };
        Ok((0..self.statement.columns()).map(column).collect())
    }

    fn column_type(&self, i: usize) -> ColumnType {
        match declared::column_type(&self.statement.column_decltype(i).unwrap_or_default()) {
            ColumnType::Any if self.at == Place::OnRow => match self.statement.cell(i) {
                Cell::Int(_) => ColumnType::Int8,
                Cell::Real(_) => ColumnType::Float8,
                Cell::Blob(_) => ColumnType::Bytes,
                Cell::Text(_) | Cell::Null => ColumnType::Text { max_chars: None },
            },
            ColumnType::Any => ColumnType::Text { max_chars: None },
            ty => ty,
        }
    }

    /// Up to `rows` more rows; fewer where they are large. None at the end.
    pub fn fetch(&mut self, types: &[ColumnType], rows: usize) -> Result<Option<RecordBatch>> {
        let width = self.statement.columns();
        if types.len() != width {
            return Err(Error::new(Kind::Internal, "a cursor needs a type for each of its columns"));
        }
        let mut slots: Vec<Slot> = types.iter().map(|ty| Slot::new(ty, rows)).collect();
        let (mut count, mut bytes) = (0, 0);
        while count < rows && bytes < BATCH_BYTES && self.advance()? {
            for (i, slot) in slots.iter_mut().enumerate() {
                let cell = self.statement.cell(i);
                bytes += size_of::<i64>() + cell.len();
                slot.push(cell).map_err(|error| named(error, &self.statement.column_name(i)))?;
            }
            self.at = Place::Between;
            count += 1;
        }
        if count == 0 {
            return Ok(None);
        }
        let arrays: Vec<_> = slots.iter_mut().map(Slot::finish).collect();
        let field =
            |(i, ty): (usize, &ColumnType)| Field::new(self.statement.column_name(i), ty.arrow(), true);
        let schema = Schema::new(types.iter().enumerate().map(field).collect::<Vec<_>>());
        let options = RecordBatchOptions::new().with_row_count(Some(count));
        RecordBatch::try_new_with_options(Arc::new(schema), arrays, &options)
            .map(Some)
            .map_err(|error| Error::new(Kind::Internal, error.to_string()))
    }

    /// Onto the next row that nobody has seen; false at the end.
    fn advance(&mut self) -> Result<bool> {
        if self.at == Place::Between {
            self.at = if self.statement.step()? { Place::OnRow } else { Place::End };
        }
        Ok(self.at == Place::OnRow)
    }
}

fn begins_query(sql: &str) -> bool {
    let text = after_comments(sql);
    let word = text.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
    ["SELECT", "WITH", "VALUES"].iter().any(|verb| word.eq_ignore_ascii_case(verb))
}

/// The text behind leading space and comments.
fn after_comments(sql: &str) -> &str {
    let mut text = sql.trim_start();
    loop {
        let rest = if let Some(line) = text.strip_prefix("--") {
            line.split_once('\n').map_or("", |(_, rest)| rest)
        } else if let Some(block) = text.strip_prefix("/*") {
            block.split_once("*/").map_or("", |(_, rest)| rest)
        } else {
            return text;
        };
        text = rest.trim_start();
    }
}

fn named(mut error: Error, column: &str) -> Error {
    error.message = format!("column \"{column}\" {}", error.message);
    error
}
