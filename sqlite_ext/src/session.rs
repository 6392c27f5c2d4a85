//! The port on SQLite, and the entry point of every function.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use arrow::record_batch::RecordBatch;
use cutover_core::catalog::{RelName, Table};
use cutover_core::running::Running;
use cutover_core::session::{
    Batch, Body, CursorId, Dialect, Facts, Keep, LoadId, LoadTarget, Notice, ResultColumn, Session, Split,
};
use cutover_core::sql::Sql;
use cutover_core::types::ColumnType;
use cutover_core::value::Value;
use cutover_core::{Error, Kind, Result};
use rusqlite::Connection;

use crate::cursor::Cursor;
use crate::load::Load;
use crate::scope::Scopes;
use crate::statement::{Db, Statement};
use crate::{catalog, script};

/// A call's session on the caller's own connection.
pub struct SqliteSession<'c> {
    pub(crate) db: Db<'c>,
    pub(crate) facts: Facts,
    /// A handle is an index here.
    pub(crate) cursors: Vec<Option<Cursor<'c>>>,
    pub(crate) loads: Vec<Option<Load<'c>>>,
    /// A statement that fails where the caller has interrupted.
    pub(crate) pulse: Option<Statement<'c>>,
    pub(crate) scopes: Scopes,
}

thread_local! {
    /// Where the last panic on this thread happened, for its error message.
    static PANIC: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Keeps panics off the host's stderr and remembers them for the error that they become.
pub fn catch_panics() {
    std::panic::set_hook(Box::new(|info| {
        let _ = PANIC.try_with(|place| place.replace(Some(info.to_string())));
    }));
}

/// Runs `body` in a session: all of what it writes stays, or none. A panic in it is XX000.
pub fn run<T>(conn: &Connection, body: impl FnOnce(&mut dyn Session) -> Result<T>) -> Result<T> {
    let _running = Running::start()?;
    let mut session = SqliteSession::open(Db::of(conn)?)?;
    let result = catch_unwind(AssertUnwindSafe(|| body(&mut session))).unwrap_or_else(|_| {
        let place = PANIC.with(RefCell::take).unwrap_or_default();
        Err(Error::new(Kind::Internal, "an internal error of cutover").detail(place))
    });
    session.end(result)
}

impl<'c> SqliteSession<'c> {
    fn open(db: Db<'c>) -> Result<Self> {
        let query_only = db.rows("PRAGMA query_only", &[])?;
        let query_only = query_only.first().and_then(|row| row.first()).is_some_and(Value::is_true);
        let foreign_keys = db.rows("PRAGMA foreign_keys", &[])?;
        let facts = Facts {
            foreign_keys: foreign_keys.first().and_then(|row| row.first()).is_some_and(Value::is_true),
            dialect: Dialect::Sqlite,
            role: String::new(),
            read_only: query_only || db.is_readonly(),
            temp_tables: !query_only,
            may_read_files: true,
            may_write_files: true,
        };
        Ok(SqliteSession {
            db,
            facts,
            cursors: Vec::new(),
            loads: Vec::new(),
            pulse: None,
            scopes: Scopes::default(),
        })
    }

    fn cursor(&mut self, id: CursorId) -> Result<&mut Cursor<'c>> {
        self.cursors.get_mut(id.0).and_then(Option::as_mut).ok_or_else(closed)
    }

    fn load(&mut self, id: LoadId) -> Result<&mut Load<'c>> {
        self.loads.get_mut(id.0).and_then(Option::as_mut).ok_or_else(closed)
    }
}

impl Session for SqliteSession<'_> {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn catalog(&mut self, names: &[RelName]) -> Result<Vec<Option<Table>>> {
        names.iter().map(|name| catalog::table(self, name)).collect()
    }

    fn execute(&mut self, sql: &Sql, args: &[Value]) -> Result<u64> {
        self.still_open()?;
        let mut statement = Statement::prepare(self.db, sql.as_str())?;
        statement.bind(args)?;
        let writes = !statement.is_readonly();
        self.scopes.dirty |= writes;
        while statement.step()? {}
        // After DDL, SQLite would repeat the count of the statement before.
        Ok(if writes && writes_rows(sql.as_str()) { self.db.changes() } else { 0 })
    }

    fn query(&mut self, sql: &Sql, args: &[Value]) -> Result<Vec<Vec<Value>>> {
        self.still_open()?;
        self.db.rows(sql.as_str(), args)
    }

    fn cursor_open(&mut self, sql: &Sql, args: &[Value]) -> Result<CursorId> {
        self.still_open()?;
        let cursor = Cursor::open(self.db, sql.as_str(), args)?;
        self.cursors.push(Some(cursor));
        Ok(CursorId(self.cursors.len() - 1))
    }

    fn cursor_columns(&mut self, cursor: CursorId) -> Result<Vec<ResultColumn>> {
        self.cursor(cursor)?.columns()
    }

    fn cursor_only_reads(&mut self, _cursor: CursorId) -> Result<bool> {
        // No other is opened.
        Ok(true)
    }

    fn cursor_fetch(
        &mut self,
        cursor: CursorId,
        types: &[ColumnType],
        rows: usize,
    ) -> Result<Option<RecordBatch>> {
        self.cursor(cursor)?.fetch(types, rows)
    }

    fn cursor_close(&mut self, cursor: CursorId) -> Result<()> {
        self.cursors.get_mut(cursor.0).and_then(Option::take).map(drop).ok_or_else(closed)
    }

    fn load_open(&mut self, target: &LoadTarget) -> Result<LoadId> {
        self.still_open()?;
        let load = Load::open(self.db, target)?;
        self.scopes.dirty = true;
        self.loads.push(Some(load));
        Ok(LoadId(self.loads.len() - 1))
    }

    fn load_rows(&mut self, load: LoadId, batch: &Batch) -> Result<()> {
        self.still_open()?;
        self.load(load)?.rows(batch)
    }

    fn load_close(&mut self, load: LoadId) -> Result<u64> {
        let load = self.loads.get_mut(load.0).and_then(Option::take).ok_or_else(closed)?;
        Ok(load.written())
    }

    fn scope(&mut self, keep: Keep, body: Body<'_>) -> Result<()> {
        self.in_savepoint(keep, body)
    }

    fn begin_write(&mut self, tables: &[&Table]) -> Result<()> {
        self.open_for_writing(tables)
    }

    fn as_engine(&mut self, _tables: &[&Table], body: Body<'_>) -> Result<()> {
        // The engine changes no setting of the connection.
        body(self)
    }

    fn split(&mut self, script: &str) -> Result<Split> {
        Ok(Split { statements: script::statements(script)?, fault: None })
    }

    fn as_caller(&mut self, body: Body<'_>) -> Result<()> {
        // The engine changes no setting of the connection.
        body(self)
    }

    fn at_one_moment(&mut self, _tables: &[&Table], body: Body<'_>) -> Result<()> {
        self.in_one_transaction(body)
    }

    fn notice(&mut self, notice: &Notice) {
        crate::errors::log(notice);
    }

    fn check_interrupt(&mut self) -> Result<()> {
        let mut pulse = match self.pulse.take() {
            Some(pulse) => pulse,
            None => Statement::prepare(self.db, "SELECT 1")?,
        };
        pulse.step()?;
        pulse.reset();
        self.pulse = Some(pulse);
        Ok(())
    }
}

/// True for a statement whose count `sqlite3_changes` reports.
fn writes_rows(sql: &str) -> bool {
    let word = sql.trim_start().split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
    ["INSERT", "UPDATE", "DELETE", "REPLACE", "WITH"].iter().any(|verb| word.eq_ignore_ascii_case(verb))
}

fn closed() -> Error {
    Error::new(Kind::Internal, "a cursor or load is used after it was closed")
}
