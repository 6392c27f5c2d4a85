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
    what: String,
    /// The middle one, the least and the most.
    pub seconds: f64,
    least: f64,
    most: f64,
    /// Bytes of write-ahead log, where they were looked at.
    wal: Option<f64>,
}

impl Line {
    /// The line of what took so many seconds, and wrote so many bytes of log, in each round.
    pub fn of(what: &str, seconds: Vec<f64>, wal: Option<Vec<f64>>) -> Line {
        let (least, most) =
            seconds.iter().fold((f64::MAX, 0.0_f64), |(least, most), s| (least.min(*s), most.max(*s)));
        Line { what: what.to_owned(), seconds: median(seconds), least, most, wal: wal.map(median) }
    }
}

/// The places of `count` ways in the order of a round. Every other round goes backwards, so that no
/// way always runs in what the same other one has left behind.
pub fn order(count: usize, round: usize) -> Vec<usize> {
    if round.is_multiple_of(2) { (0..count).collect() } else { (0..count).rev().collect() }
}

/// Seconds that a statement takes.
pub fn time(client: &mut Client, sql: &str) -> f64 {
    clock(|| drop(client.run(sql).ok(sql)))
}

/// Seconds that something takes. Whatever was written before it is on disk first: its writing
/// back would be charged to this instead.
pub fn clock(work: impl FnOnce()) -> f64 {
    let synced = Command::new("sync").status().expect("sync runs");
    assert!(synced.success(), "sync failed");
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64()
}

/// The middle one.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Prints lines with their ratio to the first: how many times as long they take.
pub fn print(title: &str, lines: &[Line]) {
    println!("\n{title}");
    println!("  {:<55} {:>8} {:>13} {:>7} {:>10}", "", "seconds", "from - to", "ratio", "WAL");
    let first = lines.first().map_or(1.0, |line| line.seconds);
    for line in lines {
        let wal = line.wal.map_or_else(String::new, |bytes| format!("{:.1} MB", bytes / 1e6));
        let range = format!("{:.2} - {:.2}", line.least, line.most);
        let ratio = line.seconds / first;
        println!("  {:<55} {:>8.2} {range:>13} {ratio:>6.2}x {wal:>10}", line.what, line.seconds);
    }
}

/// Prints a number with what it is to reach.
pub fn goal(what: &str, found: f64, least: f64) {
    let verdict = if found >= least { "reached" } else { "NOT reached" };
    println!("  {what}: {found:.2} times as fast (to reach: {least}, {verdict})");
}

/// A line of what Linux tells of a process's memory, in bytes.
fn resident(pid: u32, line: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("the process is alive");
    let found = status.lines().find_map(|l| l.strip_prefix(line)).expect("Linux tells it");
    found.trim_start_matches(':').trim().trim_end_matches("kB").trim().parse::<u64>().expect("kilobytes")
        * 1024
}

/// Runs a call on a big file and prints how far the process's memory rose above idle, shared
/// buffers that it touched included.
pub fn memory(call: &str, client: &mut Client, rows: usize, sql: &str) {
    client.run("SELECT count(*) FROM (SELECT 1 AS one) AS warm").ok("warm up");
    let pid = client.worker_pid();
    let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    let (idle, idle_shared) = (resident(pid, "VmHWM"), resident(pid, "RssShmem"));
    let seconds = time(client, sql);
    let risen = mib(resident(pid, "VmHWM") - idle);
    let shared = mib(resident(pid, "RssShmem").saturating_sub(idle_shared));
    let of_it = if shared < 1.0 { String::new() } else { format!(" ({shared:.0} of it shared buffers)") };
    let verdict = if risen <= 256.0 { "reached" } else { "NOT reached" };
    println!(
        "  {call}: {rows} rows in {seconds:.1} s, peak memory {risen:.0} MiB above idle{of_it} (to reach: 256, {verdict})"
    );
    std::thread::sleep(Duration::from_millis(100));
}
