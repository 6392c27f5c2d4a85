//! The port: all that the core asks of a database. Each extension implements it once.
//!
//! It has savepoints, never transactions: only an adapter's entry point may open one (SQLite in
//! autocommit). Handles (cursors, loads) are closed inside the scope that opened them.

use std::ops::Range;
use std::sync::Arc;

use arrow::record_batch::RecordBatch;

use crate::catalog::{RelName, Table};
use crate::error::{Error, Result};
use crate::sql::Sql;
use crate::types::ColumnType;
use crate::value::Value;

/// Which SQL a session speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    Postgres,
    Sqlite,
}

/// What is true of a session for the length of a call.
#[derive(Debug, Clone)]
pub struct Facts {
    pub dialect: Dialect,
    /// The role that calls (SQLite: empty).
    pub role: String,
    /// No write can succeed: a read-only transaction, a standby, a read-only file.
    pub read_only: bool,
    /// Temporary tables can be made all the same (PostgreSQL: not in a read-only transaction or on a
    /// standby; SQLite: not with `PRAGMA query_only`).
    pub temp_tables: bool,
    /// Foreign keys are enforced (SQLite: `PRAGMA foreign_keys`; PostgreSQL: always).
    pub foreign_keys: bool,
    /// The caller may read files on the server (SQLite: always).
    pub may_read_files: bool,
    /// The caller may write files on the server (SQLite: always).
    pub may_write_files: bool,
}

/// An open cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CursorId(pub usize);

/// An open load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoadId(pub usize);

/// A column of a query's result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResultColumn {
    pub name: String,
    /// The declared type; `Any` where the database cannot tell (an expression in SQLite).
    pub ty: ColumnType,
}

/// Where a bulk load goes, and how.
#[derive(Debug, Clone)]
pub struct LoadTarget {
    /// (schema, name) of the table.
    pub table: (String, String),
    /// The columns that batches carry, in their order.
    pub columns: Vec<LoadColumn>,
    pub kind: LoadKind,
}

/// A column of a bulk load.
#[derive(Debug, Clone)]
pub struct LoadColumn {
    pub name: String,
    pub ty: ColumnType,
}

/// Whose table a bulk load writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoadKind {
    /// A table that the core has just made (staging, or a new table of `import_parquet`): no
    /// indexes, triggers, constraints or defaults to honour, all columns are carried.
    Own,
    /// A user's table: by INSERT statements that honour everything.
    Statement,
}

/// Rows on their way into a load: as many columns as its target, each an Arrow array of a type
/// that [`ColumnType::arrow`] allows for it. Batches own or share their buffers.
pub type Batch = Arc<RecordBatch>;

/// What a scope does with its work when its body succeeds. After an error it is always undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    Yes,
    /// Undo it all the same (a rehearsal).
    No,
}

/// How loud a notice is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    Info,
    /// How far a long run has come.
    Progress,
    Warning,
}

/// Something the caller should hear that is no error. PostgreSQL raises it at once; SQLite puts it
/// into its own log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    pub level: Level,
    pub message: String,
    pub detail: Option<String>,
    pub hint: Option<String>,
}

impl Notice {
    /// One that is said in a sentence.
    pub fn new(level: Level, message: impl Into<String>) -> Notice {
        Notice { level, message: message.into(), detail: None, hint: None }
    }
}

/// A script as its statements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// Where each statement stands, in bytes, without the `;` that ends it; comments may be part of one.
    pub statements: Vec<Range<usize>>,
    /// What is no SQL, and where. PostgreSQL parses a script as a whole; SQLite finds it when a statement runs.
    pub fault: Option<(usize, Error)>,
}

/// A body that runs inside a session's scope.
pub type Body<'a> = &'a mut dyn FnMut(&mut dyn Session) -> Result<()>;

/// A connection to the database in which the call runs.
///
/// A database's own errors come back as [`crate::Kind::Database`], or, in PostgreSQL, leave by
/// unwinding to the innermost `scope` or to the entry point.
pub trait Session {
    /// What is true of this session.
    fn facts(&self) -> &Facts;

    /// The relations of these names, in their order; None for one that does not exist.
    fn catalog(&mut self, names: &[RelName]) -> Result<Vec<Option<Table>>>;

    /// The relation of this name; None where it does not exist.
    fn find_table(&mut self, name: &RelName) -> Result<Option<Table>> {
        Ok(self.catalog(std::slice::from_ref(name))?.pop().flatten())
    }

    /// Runs a statement and returns how many rows it wrote (0 for DDL).
    fn execute(&mut self, sql: &Sql, args: &[Value]) -> Result<u64>;

    /// Runs a query whose result is small and returns its rows.
    fn query(&mut self, sql: &Sql, args: &[Value]) -> Result<Vec<Vec<Value>>>;

    /// Opens a cursor over a query of any size. In SQLite 22023 where it is not one that only reads.
    fn cursor_open(&mut self, sql: &Sql, args: &[Value]) -> Result<CursorId>;

    /// Whether an open cursor's query neither writes nor locks rows.
    fn cursor_only_reads(&mut self, cursor: CursorId) -> Result<bool>;

    /// The columns of an open cursor's rows.
    fn cursor_columns(&mut self, cursor: CursorId) -> Result<Vec<ResultColumn>>;

    /// Up to `rows` more rows, each column as [`ColumnType::arrow`] of `types` says (as many
    /// types as columns); None at the end. `Any`, of SQLite only, is the text of whatever the value
    /// is, as [`crate::convert::text`] spells it. A value that does not fit its type is 42804 and
    /// names the column.
    fn cursor_fetch(
        &mut self,
        cursor: CursorId,
        types: &[ColumnType],
        rows: usize,
    ) -> Result<Option<RecordBatch>>;

    /// Closes a cursor.
    fn cursor_close(&mut self, cursor: CursorId) -> Result<()>;

    /// Opens a bulk load.
    fn load_open(&mut self, target: &LoadTarget) -> Result<LoadId>;

    /// Loads the rows of one batch.
    fn load_rows(&mut self, load: LoadId, batch: &Batch) -> Result<()>;

    /// Ends a bulk load and returns how many rows it wrote.
    fn load_close(&mut self, load: LoadId) -> Result<u64>;

    /// Runs `body` in a savepoint. An error undoes its work and comes back, save for those that
    /// nobody may swallow (a cancel, a shutdown, an internal error, no memory), which pass on.
    fn scope(&mut self, keep: Keep, body: Body<'_>) -> Result<()>;

    /// From here on the call may write to permanent tables. PostgreSQL locks `tables` in SHARE ROW
    /// EXCLUSIVE mode in OID order, with a `lock_timeout` of 5 s where the caller's is 0. SQLite
    /// takes the write lock: `BEGIN IMMEDIATE` in autocommit, else a savepoint in the caller's
    /// transaction; the adapter's entry point ends either. Before this call only temporary tables
    /// may be written. May be called more than once.
    fn begin_write(&mut self, tables: &[&Table]) -> Result<()>;

    /// Runs `body`, which writes to `tables` as the engine: in PostgreSQL the guards of these tables,
    /// and of no others, let it pass; SQLite's guards go by a row that the core writes. It runs under
    /// the caller's own settings instead of those the engine works with where they change how values
    /// are read and printed (PostgreSQL: TimeZone, DateStyle, search_path), so that triggers see what
    /// they would see of a plain statement; and as [`Table::untrusted_owner`] where one of `tables`
    /// has one.
    fn as_engine(&mut self, tables: &[&Table], body: Body<'_>) -> Result<()>;

    /// The statements of a script that a user wrote, as the database itself tells them apart.
    fn split(&mut self, script: &str) -> Result<Split>;

    /// Runs `body`, which runs a user's script, as the caller would: under the caller's own settings instead
    /// of those the engine works with (but row security stays off), and with the guards in force. What the script sets lasts until the
    /// body ends (PostgreSQL; SQLite has no such settings).
    fn as_caller(&mut self, body: Body<'_>) -> Result<()>;

    /// Runs `body`, which only reads: its queries and cursors all see the database as it is when the body
    /// begins, the call's own writes included, whoever else commits meanwhile. PostgreSQL locks `tables` in ACCESS SHARE
    /// mode before that, so that none is emptied by TRUNCATE behind the snapshot.
    fn at_one_moment(&mut self, tables: &[&Table], body: Body<'_>) -> Result<()>;

    /// Tells the caller something that is no error.
    fn notice(&mut self, notice: &Notice);

    /// Fails with 57014 where the caller has cancelled.
    fn check_interrupt(&mut self) -> Result<()>;
}
