//! Reading ahead: a source is decoded and converted on a second thread while the database takes
//! the batch before. The thread touches nothing of the database.

use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

use nix::sys::signal::{SigSet, SigmaskHow};

use crate::error::{Error, Kind, Result};

/// How many batches wait between the threads. Each adds its size to the memory of a run.
const WAITING: usize = 1;
/// How often a reader that waits looks for a cancel.
const PATIENCE: Duration = Duration::from_millis(50);

/// Hands everything that `produce` makes, on its own thread, to `consume`, on this one. An error of
/// either ends both.
pub(super) fn read_ahead<T: Send>(
    mut produce: impl FnMut() -> Result<Option<T>> + Send,
    consume: &mut dyn FnMut(Step<T>) -> Result<()>,
) -> Result<()> {
    std::thread::scope(|scope| {
        let (sender, receiver) = sync_channel(WAITING);
        // A server's signals are for its main thread: the new one inherits a mask that blocks them.
        let mask = SigSet::all().thread_swap_mask(SigmaskHow::SIG_SETMASK).map_err(|e| no_thread(&e))?;
        let thread =
            std::thread::Builder::new().name("cutover reader".to_owned()).spawn_scoped(scope, move || {
                while let Some(next) = produce().transpose() {
                    let last = next.is_err();
                    // The receiver is gone when the run has failed.
                    if sender.send(next).is_err() || last {
                        break;
                    }
                }
            });
        mask.thread_set_mask().map_err(|e| no_thread(&e))?;
        let thread = thread.map_err(|e| no_thread(&e))?;
        loop {
            match receiver.recv_timeout(PATIENCE) {
                Ok(next) => consume(Step::Next(next?))?,
                Err(RecvTimeoutError::Timeout) => consume(Step::Wait)?,
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        // It ends without an error of ours only when there is no more to read.
        thread.join().map_err(|_| Error::new(Kind::Internal, "reading a source failed"))
    })
}

/// What a consumer is called for.
pub(super) enum Step<T> {
    Next(T),
    /// Nothing is ready: time to look for a cancel.
    Wait,
}

fn no_thread(error: &dyn std::fmt::Display) -> Error {
    Error::new(Kind::Io, "cannot start a thread to read a source").detail(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn collect(produce: impl FnMut() -> Result<Option<u32>> + Send, stop_at: u32) -> (Vec<u32>, Result<()>) {
        let mut seen = Vec::new();
        let result = read_ahead(produce, &mut |step| {
            if let Step::Next(n) = step {
                if n == stop_at {
                    return Err(Error::new(Kind::Cancelled, "stop"));
                }
                seen.push(n);
            }
            Ok(())
        });
        (seen, result)
    }

    #[test]
    fn all_arrives_in_order() {
        let mut n = 0;
        let (seen, result) = collect(
            || {
                n += 1;
                Ok((n <= 100).then_some(n))
            },
            0,
        );
        assert_eq!(seen, (1..=100).collect::<Vec<_>>());
        assert!(result.is_ok());
    }

    #[test]
    fn an_error_on_either_side_ends_both() {
        let mut n = 0;
        let (seen, result) = collect(
            || {
                n += 1;
                if n == 3 { Err(Error::new(Kind::BadFile, "bad")) } else { Ok(Some(n)) }
            },
            0,
        );
        assert_eq!((seen, result.unwrap_err().kind), (vec![1, 2], Kind::BadFile));
        let mut n = 0;
        let (seen, result) = collect(
            || {
                n += 1;
                Ok(Some(n))
            },
            3,
        );
        assert_eq!((seen, result.unwrap_err().kind), (vec![1, 2], Kind::Cancelled));
    }

    #[test]
    fn a_panic_of_the_reader_is_an_error() {
        let (_, result) = collect(|| panic!("on purpose"), 0);
        assert_eq!(result.unwrap_err().kind, Kind::Internal);
    }
}
