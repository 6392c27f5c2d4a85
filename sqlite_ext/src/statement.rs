//! Connections and prepared statements, straight on SQLite's C interface: the port's handles live
//! from call to call, and a bulk load binds without copying, which rusqlite's borrows do not allow.

use std::ffi::{CStr, CString, c_int};
use std::marker::PhantomData;
use std::ptr::{self, NonNull};

use cutover_core::value::Value;
use cutover_core::{Error, Kind, Result};
use rusqlite::{Connection, ffi};

use crate::errors;

/// The caller's connection, for as long as the call lasts.
#[derive(Clone, Copy)]
pub struct Db<'c> {
    raw: NonNull<ffi::sqlite3>,
    life: PhantomData<&'c Connection>,
}

impl<'c> Db<'c> {
    /// The connection behind `conn`; 55000 where it is closed.
    pub fn of(conn: &'c Connection) -> Result<Self> {
        // SAFETY: the pointer is used no longer than 'c, for which `conn` keeps it open.
        let raw = NonNull::new(unsafe { conn.handle() })
            .ok_or_else(|| Error::new(Kind::NotInState, "the connection is closed"))?;
        Ok(Db { raw, life: PhantomData })
    }

    /// The pointer for calls of SQLite.
    pub fn raw(self) -> *mut ffi::sqlite3 {
        self.raw.as_ptr()
    }

    /// True outside any transaction.
    pub fn is_autocommit(self) -> bool {
        // SAFETY: the connection is live for 'c.
        unsafe { ffi::sqlite3_get_autocommit(self.raw()) != 0 }
    }

    /// True where the main database can only be read.
    pub fn is_readonly(self) -> bool {
        // SAFETY: the connection is live for 'c and the name is a C string.
        unsafe { ffi::sqlite3_db_readonly(self.raw(), c"main".as_ptr()) == 1 }
    }

    /// How many rows the last INSERT, UPDATE or DELETE wrote itself (its triggers left out).
    pub fn changes(self) -> u64 {
        // SAFETY: the connection is live for 'c.
        let low = unsafe { ffi::sqlite3_changes(self.raw()) };
        // The function returns the low half of a 64-bit count.
        u64::from(low.cast_unsigned())
    }

    /// The collation that a table's column declares or inherits; None for what is no table.
    pub fn collation(self, schema: &str, table: &str, column: &str) -> Option<String> {
        let (schema, table, column) =
            (CString::new(schema).ok()?, CString::new(table).ok()?, CString::new(column).ok()?);
        let mut name = ptr::null();
        // SAFETY: all names are C strings; SQLite accepts NULL for results that nobody wants; the
        // collation's name is copied before the connection is used again.
        unsafe {
            let code = ffi::sqlite3_table_column_metadata(
                self.raw(),
                schema.as_ptr(),
                table.as_ptr(),
                column.as_ptr(),
                ptr::null_mut(),
                &mut name,
                ptr::null_mut(),
                ptr::null_mut(),
                ptr::null_mut(),
            );
            if code != ffi::SQLITE_OK || name.is_null() {
                return None;
            }
            Some(CStr::from_ptr(name).to_string_lossy().into_owned())
        }
    }

    /// Runs one statement to its end.
    pub fn run(self, sql: &str) -> Result<()> {
        let mut statement = Statement::prepare(self, sql)?;
        while statement.step()? {}
        Ok(())
    }

    /// The rows of a small query.
    pub fn rows(self, sql: &str, args: &[Value]) -> Result<Vec<Vec<Value>>> {
        let mut statement = Statement::prepare(self, sql)?;
        statement.bind(args)?;
        let mut rows = Vec::new();
        while statement.step()? {
            rows.push((0..statement.columns()).map(|i| statement.cell(i).to_value()).collect());
        }
        Ok(rows)
    }
}

/// A value of the current row, borrowed from SQLite until the next step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell<'s> {
    Null,
    Int(i64),
    Real(f64),
    /// Bytes that SQLite calls text; it does not check them.
    Text(&'s [u8]),
    Blob(&'s [u8]),
}

impl Cell<'_> {
    /// How many bytes a text or blob has.
    pub fn len(self) -> usize {
        match self {
            Cell::Text(bytes) | Cell::Blob(bytes) => bytes.len(),
            _ => 0,
        }
    }

    /// The value as the core holds it; text that is not UTF-8 is mended for display.
    pub fn to_value(self) -> Value {
        match self {
            Cell::Null => Value::Null,
            Cell::Int(n) => Value::Int(n),
            Cell::Real(x) => Value::Float(x),
            Cell::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
            Cell::Blob(bytes) => Value::Bytes(bytes.to_vec()),
        }
    }
}

/// A prepared statement; finalized when dropped.
pub struct Statement<'c> {
    raw: NonNull<ffi::sqlite3_stmt>,
    db: Db<'c>,
}

impl Drop for Statement<'_> {
    fn drop(&mut self) {
        // SAFETY: the statement is ours alone and not used again.
        unsafe { ffi::sqlite3_finalize(self.raw.as_ptr()) };
    }
}

impl<'c> Statement<'c> {
    /// Prepares exactly one statement: none, or a second one behind a `;`, is 22023.
    pub fn prepare(db: Db<'c>, sql: &str) -> Result<Self> {
        let (first, rest) = prepare_first(db, sql)?;
        let first = first.ok_or_else(|| Error::new(Kind::InvalidParameter, "the statement is empty"))?;
        // Only comments may follow.
        if !rest.trim().is_empty() && !matches!(prepare_first(db, rest), Ok((None, _))) {
            return Err(Error::new(Kind::InvalidParameter, "one statement is expected, not several")
                .detail(format!("after the first comes: {}", rest.trim_start())));
        }
        Ok(first)
    }

    /// Binds the parameters ?1, ?2, ...; 08P01 where their number is not that of `args`.
    pub fn bind(&mut self, args: &[Value]) -> Result<()> {
        // SAFETY: the statement is live.
        let expected = unsafe { ffi::sqlite3_bind_parameter_count(self.raw.as_ptr()) };
        if usize::try_from(expected) != Ok(args.len()) {
            let text = format!("the statement has {expected} parameters, {} were given", args.len());
            return Err(Error::new(Kind::Database(*b"08P01"), text));
        }
        (1..).zip(args).try_for_each(|(i, value)| self.bind_one(i, value))
    }

    fn bind_one(&mut self, i: c_int, value: &Value) -> Result<()> {
        let stmt = self.raw.as_ptr();
        // SAFETY: the statement is live and SQLite copies text and bytes (TRANSIENT).
        let code = unsafe {
            match value {
                Value::Null => ffi::sqlite3_bind_null(stmt, i),
                Value::Bool(b) => ffi::sqlite3_bind_int64(stmt, i, i64::from(*b)),
                Value::Int(n) => ffi::sqlite3_bind_int64(stmt, i, *n),
                Value::Float(x) => ffi::sqlite3_bind_double(stmt, i, *x),
                Value::Text(text) => ffi::sqlite3_bind_text64(
                    stmt,
                    i,
                    text.as_ptr().cast(),
                    text.len() as u64,
                    ffi::SQLITE_TRANSIENT(),
                    ffi::SQLITE_UTF8 as u8,
                ),
                Value::Bytes(bytes) => ffi::sqlite3_bind_blob64(
                    stmt,
                    i,
                    bytes.as_ptr().cast(),
                    bytes.len() as u64,
                    ffi::SQLITE_TRANSIENT(),
                ),
            }
        };
        if code == ffi::SQLITE_OK { Ok(()) } else { Err(errors::last(self.db)) }
    }

    /// On to the next row; false at the end. After an error the statement is reset.
    pub fn step(&mut self) -> Result<bool> {
        // SAFETY: the statement is live.
        match unsafe { ffi::sqlite3_step(self.raw.as_ptr()) } {
            ffi::SQLITE_ROW => Ok(true),
            ffi::SQLITE_DONE => Ok(false),
            _ => {
                let error = errors::last(self.db);
                self.reset();
                Err(error)
            }
        }
    }

    /// Back to before the first row; nothing of the row is borrowed any more.
    pub fn reset(&mut self) {
        // SAFETY: the statement is live; the code repeats the error of the last step.
        unsafe { ffi::sqlite3_reset(self.raw.as_ptr()) };
    }

    /// True where the statement writes to no database file.
    pub fn is_readonly(&self) -> bool {
        // SAFETY: the statement is live.
        unsafe { ffi::sqlite3_stmt_readonly(self.raw.as_ptr()) != 0 }
    }

    /// How many columns its rows have.
    pub fn columns(&self) -> usize {
        // SAFETY: the statement is live.
        let count = unsafe { ffi::sqlite3_column_count(self.raw.as_ptr()) };
        usize::try_from(count).unwrap_or(0)
    }

    /// The name of a column.
    pub fn column_name(&self, i: usize) -> String {
        // SAFETY: the statement is live and SQLite answers NULL to a column it does not have.
        unsafe { text_of(ffi::sqlite3_column_name(self.raw.as_ptr(), index(i))) }.unwrap_or_default()
    }

    /// The declared type of a column that comes straight from a table.
    pub fn column_decltype(&self, i: usize) -> Option<String> {
        // SAFETY: as for the name.
        unsafe { text_of(ffi::sqlite3_column_decltype(self.raw.as_ptr(), index(i))) }
    }

    /// A value of the current row; NULL outside one.
    pub fn cell(&self, i: usize) -> Cell<'_> {
        let (stmt, i) = (self.raw.as_ptr(), index(i));
        // SAFETY: the statement is live. Text and blobs stay valid until the next step or reset,
        // which need `&mut self`, and no other type is asked of the same value.
        unsafe {
            match ffi::sqlite3_column_type(stmt, i) {
                ffi::SQLITE_INTEGER => Cell::Int(ffi::sqlite3_column_int64(stmt, i)),
                ffi::SQLITE_FLOAT => Cell::Real(ffi::sqlite3_column_double(stmt, i)),
                ffi::SQLITE_TEXT => {
                    let start = ffi::sqlite3_column_text(stmt, i);
                    Cell::Text(bytes_at(start.cast(), ffi::sqlite3_column_bytes(stmt, i)))
                }
                ffi::SQLITE_BLOB => {
                    let start = ffi::sqlite3_column_blob(stmt, i);
                    Cell::Blob(bytes_at(start.cast(), ffi::sqlite3_column_bytes(stmt, i)))
                }
                _ => Cell::Null,
            }
        }
    }
}

/// Prepares the first statement of `sql`, None where it is only space and comments, and returns
/// the text behind it.
fn prepare_first<'c, 's>(db: Db<'c>, sql: &'s str) -> Result<(Option<Statement<'c>>, &'s str)> {
    if sql.contains('\0') {
        return Err(Error::new(Kind::BadCharacter, "a statement cannot hold a NUL character"));
    }
    let length = c_int::try_from(sql.len())
        .map_err(|_| Error::new(Kind::LimitExceeded, "the statement is longer than 2 GiB"))?;
    let (mut stmt, mut tail) = (ptr::null_mut(), ptr::null());
    // SAFETY: the text is `length` bytes long and outlives the call; `tail` points into it.
    let used = unsafe {
        let code = ffi::sqlite3_prepare_v3(db.raw(), sql.as_ptr().cast(), length, 0, &mut stmt, &mut tail);
        if code != ffi::SQLITE_OK {
            return Err(errors::last(db));
        }
        if tail.is_null() { sql.len() } else { tail.cast::<u8>().offset_from_unsigned(sql.as_ptr()) }
    };
    let rest = sql.get(used..).unwrap_or_default();
    Ok((NonNull::new(stmt).map(|raw| Statement { raw, db }), rest))
}

/// No statement has more columns than fit; SQLite answers an index out of range with NULL.
fn index(i: usize) -> c_int {
    c_int::try_from(i).unwrap_or(c_int::MAX)
}

/// # Safety
/// `text` is NULL or a C string that lives until this returns.
unsafe fn text_of(text: *const std::ffi::c_char) -> Option<String> {
    if text.is_null() {
        return None;
    }
    // SAFETY: by this function's contract.
    Some(unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned())
}

/// # Safety
/// `start` is NULL or points to `length` bytes that live for 's.
unsafe fn bytes_at<'s>(start: *const u8, length: c_int) -> &'s [u8] {
    match usize::try_from(length) {
        // SAFETY: by this function's contract.
        Ok(length) if length > 0 && !start.is_null() => unsafe { std::slice::from_raw_parts(start, length) },
        _ => &[],
    }
}
