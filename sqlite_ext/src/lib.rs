//! The SQLite extension: cutover's functions on a caller's own connection.
//!
//! Everything that decides is in the core. Here is how SQLite is spoken: statements, transactions,
//! the catalog, and values on their way in and out.

mod catalog;
mod cursor;
mod declared;
mod errors;
mod functions;
mod lanes;
mod load;
mod scope;
mod script;
mod session;
mod statement;
mod values;

use std::os::raw::{c_char, c_int};

use rusqlite::{Connection, ffi};

/// The oldest SQLite that works: `PRAGMA table_list` and json1 as a built-in.
const OLDEST: (i32, &str) = (3_038_000, "3.38.0");

/// What SQLite calls when it loads `cutover.so`.
///
/// # Safety
/// Only SQLite may call it, with a live connection and its table of functions.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sqlite3_cutover_init(
    db: *mut ffi::sqlite3,
    message: *mut *mut c_char,
    api: *mut ffi::sqlite3_api_routines,
) -> c_int {
    // SAFETY: the arguments are passed on as SQLite gave them.
    unsafe { Connection::extension_init2(db, message, api, init) }
}

fn init(conn: Connection) -> rusqlite::Result<bool> {
    if rusqlite::version_number() < OLDEST.0 {
        let text = format!("cutover needs SQLite {} or newer, this is {}", OLDEST.1, rusqlite::version());
        return Err(rusqlite::Error::UserFunctionError(text.into()));
    }
    session::catch_panics();
    functions::register(&conn)?;
    Ok(false)
}
