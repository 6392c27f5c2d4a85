//! Damaged archives: each is read or refused with a code that says so, soon, and without memory that grows.

use std::fs;
use std::time::{Duration, Instant};

use cutover_tests::hostile;
use cutover_tests::random::Random;

/// Files that are tried; `CUTOVER_MUTANTS` sets another number.
const MUTANTS: usize = 4000;
/// What this process may grow by over all of them, in kilobytes: a decoder's window and a few buffers.
const MOST_MEMORY: u64 = 64 * 1024;
/// How long a file of a few kilobytes may take.
const MOST_TIME: Duration = Duration::from_secs(2);

/// What a damaged archive may be refused with.
const CODES: [&str; 7] = ["ok", "22P04", "54000", "0A000", "42809", "22021", "42701"];

/// Changes a few bytes, and now and then leaves out or doubles a part.
fn mutate(bytes: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len());
        bytes[at] = match random.below(4) {
            0 => bytes[at] ^ (1 << random.below(8)),
            1 => b'0' + random.below(10) as u8,
            2 => 0,
            _ => random.below(256) as u8,
        };
    }
    let (from, to) = (random.below(bytes.len()), random.below(bytes.len()));
    match random.below(10) {
        0 => bytes.truncate(from),
        1 => drop(bytes.drain(from.min(to)..from.max(to))),
        2 => bytes.extend_from_within(from.min(to)..from.max(to)),
        _ => {}
    }
    bytes
}

fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("it is alive");
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).expect("Linux tells VmHWM");
    line.trim().trim_end_matches(" kB").parse().expect("kilobytes")
}

#[test]
fn damaged_archives_are_read_or_refused_and_nothing_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("backup.tar");
    let good = hostile::good();
    let count = std::env::var("CUTOVER_MUTANTS").ok().and_then(|n| n.parse().ok()).unwrap_or(MUTANTS);
    let mut random = Random(20_261_121);
    let mut wrong = Vec::new();
    let mut codes = std::collections::BTreeMap::<String, usize>::new();
    let before = peak();
    for i in 0..count {
        let mutant = mutate(&good[i % 3], &mut random);
        // Most changes of a plain one would only be found as wrong checksums.
        let mutant = if i % 2 == 0 { hostile::with_checksums(mutant) } else { mutant };
        fs::write(&path, mutant).expect("the mutant");
        let start = Instant::now();
        let (code, error) = hostile::outcome(&path);
        if !CODES.contains(&code.as_str()) || start.elapsed() > MOST_TIME {
            wrong.push(format!("mutant {i}: {:?}: {error}", start.elapsed()));
        }
        *codes.entry(code).or_default() += 1;
    }
    println!("{codes:?}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let grown = peak() - before;
    assert!(grown < MOST_MEMORY, "grown by {grown} kB");
}
