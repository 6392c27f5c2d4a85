//! Savepoints: the one place where an error of the server is caught.

use std::panic::AssertUnwindSafe;

use cutover_core::Result;
use cutover_core::session::{Body, Keep};
use pgrx::pg_sys::panic::CaughtError;
use pgrx::{PgTryBuilder, pg_sys};

use crate::errors;
use crate::session::PgSession;

enum Outcome {
    Released,
    Undo(Result<()>),
    Caught(CaughtError),
}

/// Runs `body` in an internal subtransaction. What it opened (cursors, loads) and did not close
/// goes with it when it is undone.
pub fn scope(session: &mut PgSession, keep: Keep, body: Body<'_>) -> Result<()> {
    let handles = session.handles();
    // SAFETY: reading this backend's state on its one thread.
    let (context, owner) = unsafe { (pg_sys::CurrentMemoryContext, pg_sys::CurrentResourceOwner) };
    // SAFETY: we are inside a function call, hence inside a transaction. The body works in the
    // memory it was called in, as PL/pgSQL's blocks do: the new context would vanish on an error.
    unsafe {
        pg_sys::BeginInternalSubTransaction(std::ptr::null());
        pg_sys::MemoryContextSwitchTo(context);
    }
    let outcome = PgTryBuilder::new(AssertUnwindSafe(|| match body(session) {
        Ok(()) if keep == Keep::Yes => {
            // SAFETY: the current subtransaction is ours: nested ones are ended by their scopes.
            unsafe { pg_sys::ReleaseCurrentSubTransaction() };
            Outcome::Released
        }
        result => Outcome::Undo(result),
    }))
    .catch_others(Outcome::Caught)
    .execute();
    if !matches!(outcome, Outcome::Released) {
        // SAFETY: as above; an error leaves our subtransaction current, and must not leave the
        // scope with it open, or the caller's own handler would roll back the wrong one.
        unsafe { pg_sys::RollbackAndReleaseCurrentSubTransaction() };
        session.forget_since(handles);
    }
    // SAFETY: both were current when the subtransaction began and outlive it.
    unsafe {
        pg_sys::MemoryContextSwitchTo(context);
        pg_sys::CurrentResourceOwner = owner;
    }
    match outcome {
        Outcome::Released => Ok(()),
        Outcome::Undo(result) => result,
        Outcome::Caught(caught) => match errors::from_caught(caught) {
            Ok(error) => Err(error),
            Err(caught) => caught.rethrow(),
        },
    }
}
