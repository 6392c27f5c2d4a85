//! The port over this backend: what a call may use, from its first to its last statement.

use arrow::record_batch::RecordBatch;
use cutover_core::catalog::{RelName, Table};
use cutover_core::running::Running;
use cutover_core::session::{
    Batch, Body, CursorId, Dialect, Facts, Keep, Level, LoadId, LoadKind, LoadTarget, Notice, ResultColumn,
    Session, Split,
};
use cutover_core::sql::Sql;
use cutover_core::types::ColumnType;
use cutover_core::value::Value;
use cutover_core::{Error, Kind, Result, VERSION, failpoint, version};
use pgrx::{PgLogLevel, pg_sys};

use crate::cursor::Cursor;
use crate::load::Load;
use crate::role::AsRole;
use crate::{catalog, errors, guard, scope, script, settings, statement};

/// One call's session.
pub struct PgSession {
    facts: Facts,
    caller: settings::Caller,
    cursors: Vec<Option<Cursor>>,
    loads: Vec<Option<Load>>,
    /// Queries and cursors take the active snapshot instead of a new one.
    one_moment: bool,
}

/// Runs a function's body in a session, under the engine's settings. Its error is raised.
pub fn run<T>(body: impl FnOnce(&mut PgSession) -> Result<T>) -> T {
    run_guarded(body).unwrap_or_else(|error| errors::raise(error))
}

fn run_guarded<T>(body: impl FnOnce(&mut PgSession) -> Result<T>) -> Result<T> {
    let _running = Running::start()?;
    // SAFETY: reading a property of the database.
    if unsafe { pg_sys::GetDatabaseEncoding() } != pg_sys::pg_enc::PG_UTF8 as i32 {
        return Err(Error::new(Kind::NotSupported, "cutover needs a database whose encoding is UTF8"));
    }
    let caller = settings::Caller::read();
    let level = settings::engine(&caller)?;
    check_version()?;
    let mut session =
        PgSession { facts: facts(), caller, cursors: Vec::new(), loads: Vec::new(), one_moment: false };
    let result = body(&mut session)?;
    failpoint::passed("before commit");
    level.close();
    Ok(result)
}

/// 55000 where the SQL objects and this library are of different versions. At every call: a session goes on
/// with the library that it loaded while another one updates the extension.
fn check_version() -> Result<()> {
    let rows = statement::query(
        "SELECT e.extversion FROM pg_catalog.pg_extension e WHERE e.extname = 'cutover'",
        &[],
    )?;
    let installed = rows.first().and_then(|row| row.first()).and_then(Value::as_str).unwrap_or("none");
    if installed == VERSION { Ok(()) } else { Err(version::differ(Dialect::Postgres, installed)) }
}

fn facts() -> Facts {
    // SAFETY: lookups of this backend's state; the name is palloc'd and copied.
    unsafe {
        let user = pg_sys::GetUserId();
        let role = std::ffi::CStr::from_ptr(pg_sys::GetUserNameFromId(user, false));
        let has = |role: u32| pg_sys::has_privs_of_role(user, pg_sys::Oid::from(role));
        Facts {
            dialect: Dialect::Postgres,
            role: role.to_string_lossy().into_owned(),
            read_only: pg_sys::XactReadOnly || pg_sys::RecoveryInProgress(),
            temp_tables: !(pg_sys::XactReadOnly || pg_sys::RecoveryInProgress()),
            foreign_keys: true,
            may_read_files: has(pg_sys::ROLE_PG_READ_SERVER_FILES),
            may_write_files: has(pg_sys::ROLE_PG_WRITE_SERVER_FILES),
        }
    }
}

impl PgSession {
    /// How many handles were ever opened, for [`PgSession::forget_since`].
    pub fn handles(&self) -> (usize, usize) {
        (self.cursors.len(), self.loads.len())
    }

    /// Drops the handles opened since: the server released what they stood for.
    pub fn forget_since(&mut self, (cursors, loads): (usize, usize)) {
        self.cursors.truncate(cursors);
        self.loads.truncate(loads);
    }

    /// Runs `body` by the caller's search path where it is `for_user`.
    fn by_path_of<T>(&self, for_user: bool, body: impl FnOnce() -> Result<T>) -> Result<T> {
        let level = for_user.then(|| self.caller.restore_path());
        let result = body();
        level.into_iter().for_each(settings::Level::close);
        result
    }

    fn cursor(&mut self, id: CursorId) -> Result<&mut Cursor> {
        self.cursors.get_mut(id.0).and_then(Option::as_mut).ok_or_else(|| not_open("cursor"))
    }
}

/// Queries go by the active snapshot while it lives, and by one of their own again afterwards, also after an
/// error, which passes through here as unwinding.
struct Moment<'s>(&'s mut PgSession);

impl Moment<'_> {
    fn of(session: &mut PgSession) -> Moment<'_> {
        session.one_moment = true;
        Moment(session)
    }
}

impl Drop for Moment<'_> {
    fn drop(&mut self) {
        self.0.one_moment = false;
    }
}

fn not_open(what: &str) -> Error {
    Error::new(Kind::Internal, format!("this {what} is not open"))
}

impl Session for PgSession {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn catalog(&mut self, names: &[RelName]) -> Result<Vec<Option<Table>>> {
        catalog::read(&self.caller, names)
    }

    fn execute(&mut self, sql: &Sql, args: &[Value]) -> Result<u64> {
        self.by_path_of(sql.is_for_user(), || statement::execute(sql.as_str(), args))
    }

    fn query(&mut self, sql: &Sql, args: &[Value]) -> Result<Vec<Vec<Value>>> {
        let query = if self.one_moment { statement::query_at_snapshot } else { statement::query };
        self.by_path_of(sql.is_for_user(), || query(sql.as_str(), args))
    }

    fn cursor_open(&mut self, sql: &Sql, args: &[Value]) -> Result<CursorId> {
        let for_user = sql.is_for_user();
        let one_moment = self.one_moment;
        let cursor = self.by_path_of(for_user, || Cursor::open(sql.as_str(), args, for_user, one_moment))?;
        self.cursors.push(Some(cursor));
        Ok(CursorId(self.cursors.len() - 1))
    }

    fn cursor_columns(&mut self, cursor: CursorId) -> Result<Vec<ResultColumn>> {
        self.cursor(cursor)?.columns()
    }

    fn cursor_only_reads(&mut self, cursor: CursorId) -> Result<bool> {
        self.cursor(cursor)?.only_reads()
    }

    fn cursor_fetch(
        &mut self,
        cursor: CursorId,
        types: &[ColumnType],
        rows: usize,
    ) -> Result<Option<RecordBatch>> {
        // Functions of the query may look for more names.
        let for_user = self.cursor(cursor)?.for_user;
        let level = for_user.then(|| self.caller.restore_path());
        let batch = self.cursor(cursor)?.fetch(types, rows);
        level.into_iter().for_each(settings::Level::close);
        batch
    }

    fn cursor_close(&mut self, cursor: CursorId) -> Result<()> {
        let slot = self.cursors.get_mut(cursor.0).and_then(Option::take);
        slot.ok_or_else(|| not_open("cursor"))?.close()
    }

    fn load_open(&mut self, target: &LoadTarget) -> Result<LoadId> {
        if target.kind == LoadKind::Statement {
            return Err(Error::new(Kind::NotSupported, "PostgreSQL loads a user's table from staging"));
        }
        self.loads.push(Some(Load::open(target)?));
        Ok(LoadId(self.loads.len() - 1))
    }

    fn load_rows(&mut self, load: LoadId, batch: &Batch) -> Result<()> {
        let load = self.loads.get_mut(load.0).and_then(Option::as_mut);
        load.ok_or_else(|| not_open("load"))?.rows(batch)
    }

    fn load_close(&mut self, load: LoadId) -> Result<u64> {
        let slot = self.loads.get_mut(load.0).and_then(Option::take);
        Ok(slot.ok_or_else(|| not_open("load"))?.close())
    }

    fn scope(&mut self, keep: Keep, body: Body<'_>) -> Result<()> {
        scope::scope(self, keep, body)
    }

    fn begin_write(&mut self, tables: &[&Table]) -> Result<()> {
        // SAFETY: reading this backend's state on its one thread.
        let isolation = unsafe { pg_sys::XactIsoLevel };
        if !tables.is_empty() && isolation >= pg_sys::XACT_REPEATABLE_READ as i32 {
            // The snapshot is older than the locks: rows would be compared as they were before them.
            return Err(Error::new(
                Kind::NotSupported,
                "tables cannot be synced under REPEATABLE READ or SERIALIZABLE",
            )
            .hint("begin the transaction with ISOLATION LEVEL READ COMMITTED"));
        }
        catalog::lock(&self.caller, tables, "SHARE ROW EXCLUSIVE")
    }

    fn as_engine(&mut self, tables: &[&Table], body: Body<'_>) -> Result<()> {
        let owner = tables.iter().find_map(|table| table.untrusted_owner.as_deref());
        let owner = owner.map(AsRole::named).transpose()?;
        let _mark = guard::mark(tables)?;
        let level = self.caller.restore();
        let Some(owner) = owner else {
            let result = body(self);
            level.close();
            return result;
        };
        let before = owner.begin();
        let result = body(self);
        before.begin();
        // What the role's triggers set must not outlive them.
        level.undo();
        result
    }

    fn split(&mut self, script: &str) -> Result<Split> {
        script::split(self, script)
    }

    fn as_caller(&mut self, body: Body<'_>) -> Result<()> {
        let level = self.caller.restore();
        let result = body(self);
        // What the script set must not outlive it.
        level.undo();
        result
    }

    fn at_one_moment(&mut self, tables: &[&Table], body: Body<'_>) -> Result<()> {
        catalog::lock(&self.caller, tables, "ACCESS SHARE")?;
        let moment = Moment::of(self);
        // SAFETY: inside a function call, hence inside a transaction. The command counter makes this call's
        // own writes visible. The snapshot is popped below; after an error the server's abort of the
        // (sub)transaction pops it.
        unsafe {
            pg_sys::CommandCounterIncrement();
            pg_sys::PushActiveSnapshot(pg_sys::GetTransactionSnapshot());
        }
        let result = body(moment.0);
        // SAFETY: the snapshot on top is ours: whatever the body pushed was popped by it.
        unsafe { pg_sys::PopActiveSnapshot() };
        result
    }

    fn notice(&mut self, notice: &Notice) {
        let (sqlstate, level) = match notice.level {
            Level::Progress => ("00000", PgLogLevel::NOTICE),
            Level::Info => ("00000", PgLogLevel::INFO),
            Level::Warning => ("01000", PgLogLevel::WARNING),
        };
        errors::report(sqlstate, &notice.message, &notice.detail, &notice.hint, level);
    }

    fn check_interrupt(&mut self) -> Result<()> {
        pgrx::check_for_interrupts!();
        Ok(())
    }
}
