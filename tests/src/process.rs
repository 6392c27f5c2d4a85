//! Signals to other processes, and what became of them.

use std::fs;

use nix::sys::signal;
use nix::unistd::Pid;

pub use nix::sys::signal::Signal;

/// Sends a signal to a process of this machine. A process that is gone gets none.
pub fn send(pid: u32, signal: Signal) {
    let pid = i32::try_from(pid).expect("a process number");
    let _ = signal::kill(Pid::from_raw(pid), signal);
}

/// Whether a process is halted by a signal.
pub fn is_halted(pid: u32) -> bool {
    // The name before the state may have spaces and brackets in it.
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('T'))
}
