//! A user's script as statements, by the server's own parser.

use std::cell::Cell;
use std::ffi::{c_int, c_void};
use std::ops::Range;
use std::ptr;

use cutover_core::Result;
use cutover_core::session::{Keep, Split};
use pgrx::pg_sys;

use crate::scope;
use crate::session::PgSession;
use crate::statement::c_string;

/// The statements of a script; see [`cutover_core::session::Session::split`].
pub fn split(session: &mut PgSession, script: &str) -> Result<Split> {
    let text = c_string(script)?;
    let position = Cell::new(0);
    let mut statements = Vec::new();
    let result = scope::scope(session, Keep::Yes, &mut |_| {
        let _noting = Noting::start(&position);
        // SAFETY: the text is a C string. The parser answers a list of RawStmt, in this call's memory.
        statements = unsafe { ranges(pg_sys::raw_parser(text.as_ptr(), PARSE), script.len()) };
        Ok(())
    });
    // The position counts characters, from 1.
    let at = script.char_indices().nth(usize::try_from(position.get()).unwrap_or(0).saturating_sub(1));
    let fault = result.err().map(|error| (at.map_or(script.len(), |(at, _)| at), error));
    Ok(Split { statements, fault })
}

const PARSE: pg_sys::RawParseMode::Type = pg_sys::RawParseMode::RAW_PARSE_DEFAULT;

/// # Safety
/// `list` is what the parser answered for a text of `length` bytes.
unsafe fn ranges(list: *mut pg_sys::List, length: usize) -> Vec<Range<usize>> {
    // SAFETY: by this function's contract; NIL is null, and each cell points to a RawStmt.
    unsafe {
        let Some(list) = list.as_ref() else { return Vec::new() };
        let cells = std::slice::from_raw_parts(list.elements, usize::try_from(list.length).unwrap_or(0));
        let statements = cells.iter().filter_map(|cell| cell.ptr_value.cast::<pg_sys::RawStmt>().as_ref());
        let range = |statement: &pg_sys::RawStmt| {
            let start = usize::try_from(statement.stmt_location).unwrap_or(0);
            // 0 is the rest of the text.
            let end = match usize::try_from(statement.stmt_len) {
                Ok(bytes) if bytes > 0 => start + bytes,
                _ => length,
            };
            start..end
        };
        statements.map(range).collect()
    }
}

/// While it lives, the position that an error names is kept in a cell: an error that has been caught has none.
struct Noting {
    /// Boxed, as the server points to it.
    callback: Box<pg_sys::ErrorContextCallback>,
}

impl Noting {
    fn start(position: &Cell<c_int>) -> Noting {
        let arg = ptr::from_ref(position).cast_mut().cast::<c_void>();
        // SAFETY: this backend's state on its one thread; the entry leaves the stack when the guard is dropped.
        unsafe {
            let previous = pg_sys::error_context_stack;
            let mut callback = Box::new(pg_sys::ErrorContextCallback { previous, callback: Some(note), arg });
            pg_sys::error_context_stack = &raw mut *callback;
            Noting { callback }
        }
    }
}

impl Drop for Noting {
    fn drop(&mut self) {
        // SAFETY: as above; after an error the server's stack may be there already.
        unsafe { pg_sys::error_context_stack = self.callback.previous }
    }
}

/// # Safety
/// The server calls it while it makes an error, with the cell that `Noting` was given.
unsafe extern "C-unwind" fn note(position: *mut c_void) {
    // SAFETY: by this function's contract; the cell outlives the guard.
    if let Some(position) = unsafe { position.cast::<Cell<c_int>>().as_ref() } {
        // SAFETY: an error is being made.
        position.set(unsafe { pg_sys::geterrposition() });
    }
}
