//! Transactions: the frame around all that a call writes, savepoints inside it, and the end of the
//! call, at which either everything stays or nothing does.
//!
//! The frame is a transaction of ours in autocommit, a savepoint in a caller's transaction.
//! SQLite may end either behind our back (an interrupted write, a full disk, RAISE(ROLLBACK) in a
//! trigger): then the caller's transaction is gone as after any such statement of the caller's own,
//! and nothing more is written outside a new frame.

use cutover_core::catalog::Table;
use cutover_core::session::{Body, Keep};
use cutover_core::sql::Ident;
use cutover_core::value::Value;
use cutover_core::{Error, Kind, Result, failpoint};

use crate::session::SqliteSession;
use crate::statement::{Db, Statement};

/// What the call's writes stand in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frame {
    /// A transaction that this call began.
    Transaction,
    /// A savepoint in the caller's transaction.
    Savepoint,
}

const CALL: &str = "cutover_call";

/// What the session knows of its transaction.
#[derive(Debug, Default)]
pub struct Scopes {
    frame: Option<Frame>,
    depth: usize,
    writing: bool,
    /// Something was written in the frame.
    pub(crate) dirty: bool,
    /// Each database that the catalog was read from, with its schema version then.
    versions: Vec<(String, i64)>,
}

impl SqliteSession<'_> {
    /// 40000 where SQLite has rolled back the transaction that this call writes in.
    pub(crate) fn still_open(&self) -> Result<()> {
        if self.scopes.frame.is_some() && self.db.is_autocommit() { Err(gone()) } else { Ok(()) }
    }

    /// Remembers the schema version of a database, the first time it is seen.
    pub(crate) fn note_version(&mut self, schema: &str) -> Result<()> {
        if !self.scopes.versions.iter().any(|(known, _)| known == schema) {
            let version = schema_version(self.db, schema)?;
            self.scopes.versions.push((schema.to_owned(), version));
        }
        Ok(())
    }

    /// See [`cutover_core::session::Session::begin_write`].
    pub(crate) fn open_for_writing(&mut self, _tables: &[&Table]) -> Result<()> {
        if self.scopes.writing && self.still_open().is_ok() {
            return Ok(());
        }
        self.open_frame("BEGIN IMMEDIATE")?;
        self.scopes.writing = true;
        for (schema, then) in &self.scopes.versions {
            // Our own temporary tables change the version of `temp`.
            if schema != "temp" && schema_version(self.db, schema)? != *then {
                return Err(Error::new(
                    Kind::NotInState,
                    "the schema was changed while the run was under way",
                )
                .detail(format!("database {schema}"))
                .hint("run it again"));
            }
        }
        Ok(())
    }

    /// See [`cutover_core::session::Session::scope`].
    pub(crate) fn in_savepoint(&mut self, keep: Keep, body: Body<'_>) -> Result<()> {
        if keep == Keep::Yes && self.scopes.frame.is_none() && self.db.is_autocommit() {
            return self.in_first_frame(body);
        }
        self.open_frame("BEGIN")?;
        let clean = !self.scopes.dirty;
        let name = format!("cutover_{}", self.scopes.depth);
        self.db.run(&format!("SAVEPOINT {name}"))?;
        let (cursors, loads) = (self.cursors.len(), self.loads.len());
        self.scopes.depth += 1;
        let result = body(self);
        self.scopes.depth -= 1;
        self.cursors.truncate(cursors);
        self.loads.truncate(loads);
        let result = match (result, keep) {
            (Ok(()), Keep::Yes) => self.still_open().and_then(|()| release(self.db, &name)),
            (Ok(()), Keep::No) => return self.undo(&name, clean),
            (Err(error), _) => Err(error),
        };
        result.map_err(|error| match self.undo(&name, clean) {
            Ok(()) => error,
            Err(second) => also(error, &second),
        })
    }

    /// A scope with nothing around it is the frame that its body opens, if it opens one: a
    /// transaction opened here would read before it takes the write lock, and could then be refused it.
    fn in_first_frame(&mut self, body: Body<'_>) -> Result<()> {
        let (cursors, loads) = (self.cursors.len(), self.loads.len());
        let result = body(self);
        self.cursors.truncate(cursors);
        self.loads.truncate(loads);
        result.map_err(|error| {
            let Some(frame) = self.scopes.frame.take() else { return error };
            self.scopes.writing = false;
            match self.undo_frame(frame) {
                Ok(()) => error,
                Err(second) => also(error, &second),
            }
        })
    }

    /// See [`cutover_core::session::Session::at_one_moment`]: a transaction keeps what its first read saw.
    pub(crate) fn in_one_transaction(&mut self, body: Body<'_>) -> Result<()> {
        self.open_frame("BEGIN")?;
        body(self)
    }

    fn undo_frame(&self, frame: Frame) -> Result<()> {
        let undone = match frame {
            _ if self.db.is_autocommit() => Ok(()),
            Frame::Transaction => self.db.run("ROLLBACK"),
            Frame::Savepoint => back_to(self.db, CALL),
        };
        undone.or_else(|second| abandon(self.db, second))
    }

    /// Ends the call: keeps its writes after a success, undoes them after an error.
    pub(crate) fn end<T>(&mut self, result: Result<T>) -> Result<T> {
        self.cursors.clear();
        self.loads.clear();
        self.pulse = None;
        let Some(frame) = self.scopes.frame else { return result };
        let result = result.and_then(|value| {
            self.still_open()?;
            failpoint::passed("before commit");
            match frame {
                Frame::Transaction => self.db.run("COMMIT")?,
                Frame::Savepoint => release(self.db, CALL)?,
            }
            failpoint::passed("committed");
            Ok(value)
        });
        self.scopes.frame = None;
        result.map_err(|error| match self.undo_frame(frame) {
            Ok(()) => error,
            Err(second) => also(error, &second),
        })
    }

    /// Opens the frame that holds everything the call writes, unless it is open.
    fn open_frame(&mut self, begin: &str) -> Result<()> {
        if self.scopes.frame.is_some() {
            self.still_open()?;
            return Ok(());
        }
        if self.db.is_autocommit() {
            // Inside a statement that writes, BEGIN would succeed and COMMIT fail; a savepoint fails now.
            self.db.run("SAVEPOINT cutover_probe")?;
            release(self.db, "cutover_probe")?;
            self.db.run(begin)?;
            self.scopes.frame = Some(Frame::Transaction);
        } else {
            self.db.run(&format!("SAVEPOINT {CALL}"))?;
            self.scopes.frame = Some(Frame::Savepoint);
        }
        self.scopes.dirty = false;
        Ok(())
    }

    /// Undoes a savepoint's work. Where SQLite has undone the whole transaction, and it was ours and
    /// held nothing else (`clean`), that comes to the same, and a later write begins a new one;
    /// otherwise the call can only fail.
    fn undo(&mut self, name: &str, clean: bool) -> Result<()> {
        let undone = if self.db.is_autocommit() { Ok(()) } else { back_to(self.db, name) };
        let undone = undone.or_else(|error| abandon(self.db, error));
        if self.db.is_autocommit() && clean && self.scopes.frame == Some(Frame::Transaction) {
            self.scopes.frame = None;
            self.scopes.writing = false;
        }
        undone
    }
}

fn release(db: Db<'_>, name: &str) -> Result<()> {
    db.run(&format!("RELEASE {name}"))
}

fn back_to(db: Db<'_>, name: &str) -> Result<()> {
    db.run(&format!("ROLLBACK TO {name}"))?;
    release(db, name)
}

/// Rolls back the whole transaction after `error` kept a part from being undone.
///
/// While an interrupt is pending SQLite runs nothing, not even ROLLBACK TO; but a statement that
/// could write, and is interrupted, takes the transaction back with it. This one has no space and
/// ends in `;`, because the parser gives up at a space and at the end of the text; and it is harmless
/// should it run after all.
fn abandon(db: Db<'_>, error: Error) -> Result<()> {
    if let Ok(mut statement) = Statement::prepare(db, "PRAGMA\"main\".\"incremental_vacuum\"(1);")
        && error.kind == Kind::Cancelled
    {
        // Its error is the purpose.
        let _ = statement.step();
    }
    if db.is_autocommit() || db.run("ROLLBACK").is_ok() {
        return Ok(());
    }
    Err(error.hint("the call's writes could not be undone: roll back the transaction"))
}

fn also(mut error: Error, second: &Error) -> Error {
    let note = format!("undoing it failed too: {}", second.message);
    error.detail = Some(error.detail.map_or(note.clone(), |detail| format!("{detail}\n{note}")));
    error.hint = error.hint.or_else(|| second.hint.clone());
    error
}

fn gone() -> Error {
    Error::new(Kind::Database(*b"40000"), "SQLite has rolled back the transaction")
}

fn schema_version(db: Db<'_>, schema: &str) -> Result<i64> {
    let rows = db.rows(&format!("PRAGMA {}.schema_version", Ident(schema)), &[])?;
    rows.first()
        .and_then(|row| row.first())
        .and_then(Value::as_int)
        .ok_or_else(|| Error::new(Kind::Internal, "PRAGMA schema_version answered nothing"))
}
