//! Named moments of a call at which a test may kill, interrupt or halt the process. Without the
//! feature `failpoints`, which nothing that is shipped has, they cost nothing.
//!
//! To add one is to write its line; `tests/tests/failpoints.rs` then strikes there in every call that
//! it lists. The folder that the environment names in `CUTOVER_FAILPOINTS` may
//! hold a file `armed`, a signal and a number: `SIGKILL 3` sends it at the third moment. While it is
//! there, each moment adds its name to the file `passed` beside it.

/// Marks a moment.
#[cfg(not(feature = "failpoints"))]
#[inline]
pub fn passed(_name: &str) {}

/// Marks a moment: sends this process the signal that a test asked for here.
#[cfg(feature = "failpoints")]
pub fn passed(name: &str) {
    use nix::sys::signal::{Signal, raise};
    use std::{env, fs, path::PathBuf};

    let Some(folder) = env::var_os("CUTOVER_FAILPOINTS").map(PathBuf::from) else { return };
    let Ok(armed) = fs::read_to_string(folder.join("armed")) else { return };
    let file = folder.join("passed");
    let passed = fs::read_to_string(&file).unwrap_or_default() + name + "\n";
    // A test that finds nothing in the file fails by that.
    let _ = fs::write(&file, &passed);
    if let Some((signal, number)) = armed.trim().split_once(' ')
        && number == passed.lines().count().to_string()
        && let Ok(signal) = signal.parse::<Signal>()
    {
        let _ = raise(signal);
    }
}
