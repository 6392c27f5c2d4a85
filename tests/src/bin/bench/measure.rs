//! Timing, medians and the table that is printed.

use std::process::Command;
use std::time::{Duration, Instant};

use cutover_tests::client::Client;

/// One way of doing something: what is made ready before, and the statement that is timed.
pub struct Way {
    pub name: &'static str,
    pub before: String,
    pub timed: String,
}

impl Way {
    /// A way to load or write.
    pub fn new(name: &'static str, before: impl Into<String>, timed: impl Into<String>) -> Way {
        Way { name, before: before.into(), timed: timed.into() }
    }
}

/// A line of the table.
pub struct Line {
    pub what: String,
    pub seconds: f64,
    /// Bytes of write-ahead log, where they were looked at.
    pub wal: Option<u64>,
}

/// Seconds that a statement takes. Whatever was written before it is on disk first: its writing
/// back would be charged to this statement instead.
pub fn time(client: &mut Client, sql: &str) -> f64 {
    let synced = Command::new("sync").status().expect("sync runs");
    assert!(synced.success(), "sync failed");
    let start = Instant::now();
    client.run(sql).ok(sql);
    start.elapsed().as_secs_f64()
}

/// The middle one.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Prints lines with their ratio to the first: how many times as long they take.
pub fn print(title: &str, lines: &[Line]) {
    println!("\n{title}");
    println!("  {:<58} {:>9} {:>8} {:>11}", "", "seconds", "ratio", "WAL");
    let first = lines.first().map_or(1.0, |line| line.seconds);
    for line in lines {
        let wal = line.wal.map_or_else(String::new, |bytes| format!("{:.1} MB", bytes as f64 / 1e6));
        println!("  {:<58} {:>9.2} {:>7.2}x {:>11}", line.what, line.seconds, line.seconds / first, wal);
    }
}

/// Prints a number with what it is to reach.
pub fn goal(what: &str, found: f64, least: f64) {
    let verdict = if found >= least { "reached" } else { "NOT reached" };
    println!("  {what}: {found:.2} times as fast (to reach: {least}, {verdict})");
}

/// The highest resident memory of a process so far, in bytes.
pub fn peak_memory(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("the process is alive");
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).expect("Linux tells VmHWM");
    line.trim().trim_end_matches("kB").trim().parse::<u64>().expect("kilobytes") * 1024
}

/// Runs a call on a big file and prints how far the process's memory rose above idle.
pub fn memory(database: &str, client: &mut Client, rows: usize, sql: &str) {
    client.run("SELECT count(*) FROM (SELECT 1 AS one) AS warm").ok("warm up");
    let pid = client.worker_pid();
    let idle = peak_memory(pid);
    let seconds = time(client, sql);
    let risen = (peak_memory(pid) - idle) as f64 / f64::from(1 << 20);
    let verdict = if risen <= 256.0 { "reached" } else { "NOT reached" };
    println!(
        "  {database}: {rows} rows in {seconds:.1} s, peak memory {risen:.0} MiB above idle (to reach: 256, {verdict})"
    );
    std::thread::sleep(Duration::from_millis(100));
}
