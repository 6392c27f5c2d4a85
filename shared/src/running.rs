//! One call at a time: what a call runs (a trigger, a query, a migration) must not make another one.

use std::cell::Cell;

use crate::error::{Error, Kind, Result};

thread_local! {
    static RUNNING: Cell<bool> = const { Cell::new(false) };
}

/// The mark that a call is under way on this thread; it goes when the call ends, also by unwinding.
#[derive(Debug)]
pub struct Running(());

impl Running {
    /// Errors: 55000 where one is under way already.
    pub fn start() -> Result<Running> {
        if RUNNING.replace(true) {
            return Err(Error::new(
                Kind::NotInState,
                "a cutover function is already running in this session",
            )
            .detail("It was called again from a trigger, a query or a migration that it runs."));
        }
        Ok(Running(()))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        RUNNING.set(false);
    }
}
