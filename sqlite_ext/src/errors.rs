//! SQLite's result codes as errors of the core, with the SQLSTATE that PostgreSQL would give.

use std::ffi::{CStr, CString, c_int};

use cutover_core::session::{Level, Notice};
use cutover_core::{Error, Kind};
use rusqlite::ffi;

use crate::statement::Db;

/// What is wrong with a call from inside a statement that writes.
const NESTED: &str = "call it from a plain SELECT";

/// Puts a notice into SQLite's own log, the one channel there is beside results and errors: a host
/// sees it where it asked for the log (in the sqlite3 shell by `.log stdout`).
pub fn log(notice: &Notice) {
    let code = match notice.level {
        Level::Info | Level::Progress => ffi::SQLITE_NOTICE,
        Level::Warning => ffi::SQLITE_WARNING,
    };
    let detail = notice.detail.iter().map(|d| format!("; DETAIL: {d}"));
    let hint = notice.hint.iter().map(|h| format!("; HINT: {h}"));
    let text: String = std::iter::once(notice.message.clone()).chain(detail).chain(hint).collect();
    if let Ok(text) = CString::new(text.replace('\0', " ")) {
        // SAFETY: both are C strings, the format takes exactly one; SQLite copies them at once.
        unsafe { ffi::sqlite3_log(code, c"%s".as_ptr(), text.as_ptr()) };
    }
}

/// The error of the call on `db` that has just failed.
pub fn last(db: Db<'_>) -> Error {
    // SAFETY: the connection is live; the message is a C string that is copied at once.
    let (code, message) = unsafe {
        let text = ffi::sqlite3_errmsg(db.raw());
        let message = if text.is_null() {
            "unknown error".to_owned()
        } else {
            CStr::from_ptr(text).to_string_lossy().into_owned()
        };
        (ffi::sqlite3_extended_errcode(db.raw()), message)
    };
    from_code(code, message)
}

/// The error for an extended result code and SQLite's message.
pub fn from_code(code: c_int, message: String) -> Error {
    let kind = kind(code, &message);
    // A guard of ours, or a call inside a call, says it itself, as an application without the extension sees it.
    if let (ffi::SQLITE_CONSTRAINT_TRIGGER | ffi::SQLITE_ERROR, Some(text)) =
        (code, message.strip_prefix("55000: "))
    {
        let (text, hint) = text.split_once("\nHINT: ").map_or((text, None), |(t, hint)| (t, Some(hint)));
        let (text, detail) = text.split_once("\nDETAIL: ").map_or((text, None), |(t, d)| (t, Some(d)));
        let mut error = Error::new(Kind::NotInState, text);
        error.detail = detail.map(str::to_owned);
        error.hint = hint.map(str::to_owned);
        return error;
    }
    let error = Error::new(kind, message);
    match kind {
        Kind::Database(state) if &state == b"25001" => error.hint(NESTED),
        Kind::Database(state) if &state == b"55P03" => {
            error.hint("another connection holds the lock; wait for it, or set PRAGMA busy_timeout")
        }
        _ => error,
    }
}

fn kind(code: c_int, message: &str) -> Kind {
    let state: &[u8; 5] = match code {
        ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_ROWID => {
            b"23505"
        }
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY => b"23503",
        ffi::SQLITE_CONSTRAINT_NOTNULL => b"23502",
        ffi::SQLITE_CONSTRAINT_CHECK => b"23514",
        ffi::SQLITE_CONSTRAINT_TRIGGER => b"P0001",
        CONSTRAINT_DATATYPE => b"42804",
        _ => match code & 0xff {
            ffi::SQLITE_INTERRUPT => return Kind::Cancelled,
            ffi::SQLITE_CONSTRAINT => b"23000",
            // No lock is meant, but the statement that calls us.
            ffi::SQLITE_BUSY if message.contains("SQL statements in progress") => b"25001",
            ffi::SQLITE_LOCKED if message == "database table is locked" => b"25001",
            ffi::SQLITE_BUSY | ffi::SQLITE_LOCKED | ffi::SQLITE_PROTOCOL => b"55P03",
            ffi::SQLITE_READONLY => b"25006",
            ffi::SQLITE_FULL => b"53100",
            ffi::SQLITE_IOERR | ffi::SQLITE_CANTOPEN => b"58030",
            ffi::SQLITE_CORRUPT | ffi::SQLITE_NOTADB => b"XX001",
            ffi::SQLITE_NOMEM => b"53200",
            ffi::SQLITE_AUTH | ffi::SQLITE_PERM => b"42501",
            ffi::SQLITE_TOOBIG => b"54000",
            ffi::SQLITE_MISMATCH => b"42804",
            ffi::SQLITE_SCHEMA => b"55000",
            ffi::SQLITE_ABORT => b"40000",
            ffi::SQLITE_ERROR => by_message(message),
            _ => b"XX000",
        },
    };
    Kind::Database(*state)
}

/// `SQLITE_CONSTRAINT_DATATYPE`, younger than the bindings: a STRICT table refuses a value.
const CONSTRAINT_DATATYPE: c_int = ffi::SQLITE_CONSTRAINT | (12 << 8);

/// `SQLITE_ERROR` says only in words what it is.
fn by_message(message: &str) -> &'static [u8; 5] {
    const WORDS: [(&str, &[u8; 5]); 13] = [
        ("no such table", b"42P01"),
        ("no such column", b"42703"),
        ("has no column named", b"42703"),
        ("no such function", b"42883"),
        ("wrong number of arguments to function", b"42883"),
        ("ambiguous column name", b"42702"),
        ("duplicate column name", b"42701"),
        ("already exists", b"42P07"),
        ("syntax error", b"42601"),
        ("incomplete input", b"42601"),
        ("unrecognized token", b"42601"),
        ("within a transaction", b"25001"),
        ("too many", b"54000"),
    ];
    WORDS.iter().find(|(words, _)| message.contains(words)).map_or(b"XX000", |(_, state)| *state)
}
