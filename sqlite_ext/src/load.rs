//! Bulk loads: a virtual table that hands a batch's rows to `INSERT ... SELECT`.
//!
//! The table exists for the time of one load, under a name of its own, as an eponymous-only module:
//! no DDL, so it works inside any transaction. Each callback catches its panics: unwinding into
//! SQLite would abort the host.

use std::cell::RefCell;
use std::ffi::{CString, c_char, c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicU64, Ordering};

use arrow::record_batch::RecordBatch;
use cutover_core::session::{LoadColumn, LoadTarget};
use cutover_core::sql::Ident;
use cutover_core::{Error, Kind, Result};
use rusqlite::ffi;

use crate::errors;
use crate::lanes::Lane;
use crate::statement::{Db, Statement};

/// A bulk load on its way. The statement goes before the module that it reads.
pub struct Load<'c> {
    insert: Statement<'c>,
    module: Module<'c>,
    columns: Vec<LoadColumn>,
    db: Db<'c>,
    written: u64,
}

impl<'c> Load<'c> {
    /// Registers the feeding table and prepares the INSERT.
    pub fn open(db: Db<'c>, target: &LoadTarget) -> Result<Self> {
        let width = target.columns.len();
        if width == 0 {
            return Err(Error::new(Kind::InvalidParameter, "a load needs a column"));
        }
        let module = Module::register(db, width)?;
        let names: Vec<String> = target.columns.iter().map(|c| Ident(&c.name).to_string()).collect();
        let insert = Statement::prepare(
            db,
            &format!(
                "INSERT INTO {}.{} ({}) SELECT {} FROM {}",
                Ident(&target.table.0),
                Ident(&target.table.1),
                names.join(", "),
                feed_columns(width),
                module.name.to_string_lossy(),
            ),
        )?;
        Ok(Load { insert, module, columns: target.columns.clone(), db, written: 0 })
    }

    /// Inserts a batch's rows.
    pub fn rows(&mut self, batch: &RecordBatch) -> Result<()> {
        if batch.num_columns() != self.columns.len() {
            return Err(Error::new(Kind::Internal, "a batch has other columns than its load"));
        }
        let lanes = self.columns.iter().zip(batch.columns());
        let lanes = lanes.map(|(column, array)| Lane::new(column, array)).collect::<Result<_>>()?;
        let feed = self.module.feed();
        feed.rows.replace(Rows { lanes, count: batch.num_rows() });
        let done = self.insert.step();
        let changes = self.db.changes();
        // Nothing of the batch may be borrowed by the statement when it goes.
        self.insert.reset();
        feed.rows.take();
        done?;
        self.written += changes;
        Ok(())
    }

    /// How many rows were written.
    pub fn written(&self) -> u64 {
        self.written
    }
}

/// What the virtual table's callbacks see.
struct Feed {
    declaration: CString,
    rows: RefCell<Rows>,
    scratch: RefCell<String>,
}

#[derive(Default)]
struct Rows {
    lanes: Vec<Lane>,
    count: usize,
}

/// A registered module; gone from the connection when dropped.
struct Module<'c> {
    db: Db<'c>,
    name: CString,
    /// From `Box::into_raw`; SQLite holds copies of the pointer while the module is registered.
    feed: NonNull<Feed>,
}

impl<'c> Module<'c> {
    fn register(db: Db<'c>, width: usize) -> Result<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let text = |text: String| CString::new(text).map_err(|e| Error::new(Kind::Internal, e.to_string()));
        let name = text(format!("cutover_feed_{}", NEXT.fetch_add(1, Ordering::Relaxed)))?;
        let declaration = text(format!("CREATE TABLE x({})", feed_columns(width)))?;
        let feed = Feed { declaration, rows: RefCell::default(), scratch: RefCell::default() };
        let module = Module { db, name, feed: NonNull::from(Box::leak(Box::new(feed))) };
        // SAFETY: the feed outlives the registration, which `drop` ends first.
        let code = unsafe {
            ffi::sqlite3_create_module_v2(
                db.raw(),
                module.name.as_ptr(),
                &MODULE,
                module.feed.as_ptr().cast(),
                None,
            )
        };
        if code == ffi::SQLITE_OK { Ok(module) } else { Err(errors::last(db)) }
    }

    fn feed(&self) -> &Feed {
        // SAFETY: the feed lives until `drop`, and is only ever shared.
        unsafe { self.feed.as_ref() }
    }
}

impl Drop for Module<'_> {
    fn drop(&mut self) {
        // SAFETY: NULL takes the module back, which disconnects its table (the one statement that
        // read it is finalized: it is the load's first field), so nobody has the pointer any more.
        unsafe {
            ffi::sqlite3_create_module_v2(
                self.db.raw(),
                self.name.as_ptr(),
                ptr::null(),
                ptr::null_mut(),
                None,
            );
            drop(Box::from_raw(self.feed.as_ptr()));
        }
    }
}

fn feed_columns(width: usize) -> String {
    (0..width).map(|i| format!("c{i}")).collect::<Vec<_>>().join(", ")
}

/// SQLite's view of the table: its own part first.
#[repr(C)]
struct FeedTable {
    base: ffi::sqlite3_vtab,
    feed: *const Feed,
}

/// SQLite's view of a cursor: its own part first.
#[repr(C)]
struct FeedCursor {
    base: ffi::sqlite3_vtab_cursor,
    feed: *const Feed,
    row: usize,
    count: usize,
}

static MODULE: ffi::sqlite3_module = ffi::sqlite3_module {
    iVersion: 1,
    xCreate: None,
    xConnect: Some(connect),
    xBestIndex: Some(best_index),
    xDisconnect: Some(disconnect),
    xDestroy: None,
    xOpen: Some(open),
    xClose: Some(close),
    xFilter: Some(filter),
    xNext: Some(next),
    xEof: Some(eof),
    xColumn: Some(column),
    xRowid: Some(rowid),
    xUpdate: None,
    xBegin: None,
    xSync: None,
    xCommit: None,
    xRollback: None,
    xFindFunction: None,
    xRename: None,
    xSavepoint: None,
    xRelease: None,
    xRollbackTo: None,
    xShadowName: None,
};

/// Runs a callback's body; a panic in it becomes SQLITE_ERROR.
fn guarded(body: impl FnOnce() -> c_int) -> c_int {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or(ffi::SQLITE_ERROR)
}

// SAFETY of all callbacks: SQLite calls them with the pointers that `register`, `connect` and `open`
// gave it, from first to last in the order of its manual, on one thread at a time.

unsafe extern "C" fn connect(
    db: *mut ffi::sqlite3,
    aux: *mut c_void,
    _argc: c_int,
    _argv: *const *const c_char,
    table: *mut *mut ffi::sqlite3_vtab,
    _error: *mut *mut c_char,
) -> c_int {
    guarded(|| {
        let feed = aux.cast_const().cast::<Feed>();
        // SAFETY: `aux` is the registered feed; `db` is live; `table` is where the result goes.
        unsafe {
            let code = ffi::sqlite3_declare_vtab(db, (*feed).declaration.as_ptr());
            if code != ffi::SQLITE_OK {
                return code;
            }
            ffi::sqlite3_vtab_config(db, ffi::SQLITE_VTAB_DIRECTONLY);
            let base = ffi::sqlite3_vtab { pModule: ptr::null(), nRef: 0, zErrMsg: ptr::null_mut() };
            *table = Box::into_raw(Box::new(FeedTable { base, feed })).cast();
        }
        ffi::SQLITE_OK
    })
}

unsafe extern "C" fn disconnect(table: *mut ffi::sqlite3_vtab) -> c_int {
    // SAFETY: `connect` made the table, and SQLite lets go of it here.
    drop(unsafe { Box::from_raw(table.cast::<FeedTable>()) });
    ffi::SQLITE_OK
}

unsafe extern "C" fn best_index(_: *mut ffi::sqlite3_vtab, _: *mut ffi::sqlite3_index_info) -> c_int {
    ffi::SQLITE_OK
}

unsafe extern "C" fn open(
    table: *mut ffi::sqlite3_vtab,
    cursor: *mut *mut ffi::sqlite3_vtab_cursor,
) -> c_int {
    guarded(|| {
        let base = ffi::sqlite3_vtab_cursor { pVtab: table };
        // SAFETY: `connect` made the table; `cursor` is where the result goes.
        unsafe {
            let feed = (*table.cast::<FeedTable>()).feed;
            *cursor = Box::into_raw(Box::new(FeedCursor { base, feed, row: 0, count: 0 })).cast();
        }
        ffi::SQLITE_OK
    })
}

unsafe extern "C" fn close(cursor: *mut ffi::sqlite3_vtab_cursor) -> c_int {
    // SAFETY: `open` made the cursor, and SQLite lets go of it here.
    drop(unsafe { Box::from_raw(cursor.cast::<FeedCursor>()) });
    ffi::SQLITE_OK
}

unsafe extern "C" fn filter(
    cursor: *mut ffi::sqlite3_vtab_cursor,
    _number: c_int,
    _text: *const c_char,
    _argc: c_int,
    _argv: *mut *mut ffi::sqlite3_value,
) -> c_int {
    guarded(|| {
        // SAFETY: `open` made the cursor, and its feed is registered.
        unsafe {
            let cursor = &mut *cursor.cast::<FeedCursor>();
            cursor.row = 0;
            cursor.count = (*cursor.feed).rows.borrow().count;
        }
        ffi::SQLITE_OK
    })
}

unsafe extern "C" fn next(cursor: *mut ffi::sqlite3_vtab_cursor) -> c_int {
    // SAFETY: `open` made the cursor. The sum cannot overflow: SQLite stops at the end.
    unsafe { (*cursor.cast::<FeedCursor>()).row += 1 };
    ffi::SQLITE_OK
}

unsafe extern "C" fn eof(cursor: *mut ffi::sqlite3_vtab_cursor) -> c_int {
    // SAFETY: `open` made the cursor.
    let cursor = unsafe { &*cursor.cast::<FeedCursor>() };
    c_int::from(cursor.row >= cursor.count)
}

unsafe extern "C" fn column(
    cursor: *mut ffi::sqlite3_vtab_cursor,
    ctx: *mut ffi::sqlite3_context,
    i: c_int,
) -> c_int {
    guarded(|| {
        // SAFETY: `open` made the cursor, its feed is registered, and the batch stays in it until
        // the statement has been reset.
        unsafe {
            let cursor = &*cursor.cast::<FeedCursor>();
            let rows = (*cursor.feed).rows.borrow();
            let Some(lane) = usize::try_from(i).ok().and_then(|i| rows.lanes.get(i)) else {
                return ffi::SQLITE_ERROR;
            };
            lane.result(cursor.row, ctx, &mut (*cursor.feed).scratch.borrow_mut());
        }
        ffi::SQLITE_OK
    })
}

unsafe extern "C" fn rowid(cursor: *mut ffi::sqlite3_vtab_cursor, id: *mut ffi::sqlite3_int64) -> c_int {
    // SAFETY: `open` made the cursor; `id` is where the result goes.
    unsafe { *id = (*cursor.cast::<FeedCursor>()).row as i64 };
    ffi::SQLITE_OK
}
