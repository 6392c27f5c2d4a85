//! A user's script as statements, as SQLite's own shell tells them apart.

use std::ffi::CString;
use std::ops::Range;

use cutover_core::session::Dialect;
use cutover_core::sql::{TokenKind, Tokens};
use cutover_core::{Error, Kind, Result};
use rusqlite::ffi;

/// Where each statement of a script stands, without the `;` that ends it. SQLite says at which `;` one is
/// complete: those of a trigger's body are not its end.
pub fn statements(script: &str) -> Result<Vec<Range<usize>>> {
    let mut statements = Vec::new();
    let mut start = 0;
    for (kind, range) in Tokens::of(Dialect::Sqlite, script) {
        let text = script.get(start..range.end).unwrap_or_default();
        // Those in quotes need not be asked about.
        if kind == TokenKind::Other && text.ends_with(';') && is_complete(text)? {
            statements.push(start..range.start);
            start = range.end;
        }
    }
    statements.push(start..script.len());
    Ok(statements)
}

fn is_complete(text: &str) -> Result<bool> {
    let text = CString::new(text)
        .map_err(|_| Error::new(Kind::BadCharacter, "a script cannot hold a NUL character"))?;
    // SAFETY: a C string.
    Ok(unsafe { ffi::sqlite3_complete(text.as_ptr()) } == 1)
}
