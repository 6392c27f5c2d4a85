//! Statements through SPI: one connection each, so that none spans a scope and memory goes with
//! the statement.

use std::ffi::{CString, c_char};

use cutover_core::value::Value;
use cutover_core::{Error, Kind, Result};
use pgrx::{IntoDatum, pg_sys};

use crate::values::{self, Reader};

/// Runs `body` with an SPI connection. A server error unwinds past this without SPI_finish: the
/// abort of the subtransaction it was opened in closes it.
pub fn connected<T>(body: impl FnOnce() -> Result<T>) -> Result<T> {
    // SAFETY: paired with SPI_finish below, or closed by the abort.
    check(unsafe { pg_sys::SPI_connect() })?;
    let result = body();
    // SAFETY: the connection is the one opened above: bodies leave none of their own open.
    check(unsafe { pg_sys::SPI_finish() })?;
    result
}

/// Runs a statement and returns how many rows it wrote.
pub fn execute(sql: &str, args: &[Value]) -> Result<u64> {
    let sql = c_string(sql)?;
    check_text(args)?;
    connected(|| {
        Ok(match run(&sql, args, false)? as u32 {
            pg_sys::SPI_OK_INSERT
            | pg_sys::SPI_OK_INSERT_RETURNING
            | pg_sys::SPI_OK_UPDATE
            | pg_sys::SPI_OK_UPDATE_RETURNING
            | pg_sys::SPI_OK_DELETE
            | pg_sys::SPI_OK_DELETE_RETURNING
            | pg_sys::SPI_OK_MERGE
            | pg_sys::SPI_OK_SELINTO => {
                // SAFETY: set by the statement that just ran.
                unsafe { pg_sys::SPI_processed }
            }
            _ => 0,
        })
    })
}

/// Runs a query and returns its rows.
pub fn query(sql: &str, args: &[Value]) -> Result<Vec<Vec<Value>>> {
    rows(sql, args, false)
}

/// The same by the active snapshot, and no newer one.
pub fn query_at_snapshot(sql: &str, args: &[Value]) -> Result<Vec<Vec<Value>>> {
    rows(sql, args, true)
}

fn rows(sql: &str, args: &[Value], at_snapshot: bool) -> Result<Vec<Vec<Value>>> {
    let sql = c_string(sql)?;
    check_text(args)?;
    connected(|| {
        run(&sql, args, at_snapshot)?;
        let mut rows = Vec::new();
        // SAFETY: the tuple table, where there is one, is the statement's and lives until SPI_finish.
        if let Some(table) = unsafe { pg_sys::SPI_tuptable.as_ref() } {
            let mut readers = Reader::all(table.tupdesc);
            values::for_each_row(table, |values| {
                let row = readers.iter_mut().zip(values).map(|(reader, datum)| reader.read(*datum));
                rows.push(row.collect::<Result<Vec<_>>>()?);
                Ok(())
            })?;
        }
        Ok(rows)
    })
}

/// Runs a statement in the current SPI connection and returns its status. Read-only for SPI is what goes by
/// the active snapshot; any other would not see what this call has written.
fn run(sql: &CString, args: &[Value], at_snapshot: bool) -> Result<i32> {
    let mut args = Args::new(args);
    // SAFETY: the arrays are as long as they say; the values live in the connection's memory.
    check(unsafe {
        pg_sys::SPI_execute_with_args(
            sql.as_ptr(),
            args.types.len() as i32,
            args.types.as_mut_ptr(),
            args.values.as_mut_ptr(),
            args.nulls.as_ptr(),
            at_snapshot,
            0,
        )
    })
}

/// Arguments as SPI takes them. Their values are made in the current memory context.
pub struct Args {
    pub types: Vec<pg_sys::Oid>,
    pub values: Vec<pg_sys::Datum>,
    pub nulls: Vec<c_char>,
}

impl Args {
    pub fn new(args: &[Value]) -> Args {
        let mut out = Args { types: Vec::new(), values: Vec::new(), nulls: Vec::new() };
        for arg in args {
            let (oid, datum) = match arg {
                Value::Null => (pg_sys::TEXTOID, None),
                Value::Bool(b) => (pg_sys::BOOLOID, b.into_datum()),
                Value::Int(n) => (pg_sys::INT8OID, n.into_datum()),
                Value::Float(x) => (pg_sys::FLOAT8OID, x.into_datum()),
                Value::Text(text) => (pg_sys::TEXTOID, text.as_str().into_datum()),
                Value::Bytes(bytes) => (pg_sys::BYTEAOID, bytes.as_slice().into_datum()),
            };
            out.types.push(oid);
            out.nulls.push(if datum.is_none() { b'n' } else { b' ' } as c_char);
            out.values.push(datum.unwrap_or(pg_sys::Datum::null()));
        }
        out
    }
}

/// A text that the server takes as a C string; 22021 where it holds a NUL.
pub fn c_string(text: &str) -> Result<CString> {
    CString::new(text).map_err(|_| nul_in_text())
}

/// 22021 where a text argument holds a NUL, which no PostgreSQL text can.
pub fn check_text(args: &[Value]) -> Result<()> {
    let nul = args.iter().any(|arg| matches!(arg, Value::Text(text) if text.contains('\0')));
    if nul { Err(nul_in_text()) } else { Ok(()) }
}

pub fn nul_in_text() -> Error {
    Error::new(Kind::BadCharacter, "invalid byte sequence for encoding \"UTF8\": 0x00")
}

/// SPI's status, or the error it stands for.
pub fn check(status: i32) -> Result<i32> {
    match status {
        0.. => Ok(status),
        pg_sys::SPI_ERROR_COPY => {
            Err(Error::new(Kind::NotSupported, "cannot COPY to or from the client inside a function"))
        }
        pg_sys::SPI_ERROR_TRANSACTION => {
            Err(Error::new(Kind::NotSupported, "cannot control transactions inside a function"))
        }
        _ => Err(Error::new(Kind::Internal, format!("SPI answered {status}"))),
    }
}
