//! Damaged files: whatever is flipped, cut out or put in, reading ends in rows or in an error of
//! ours, never in a panic, an abort or an allocation beyond the limits.
//!
//! `CUTOVER_MUTANTS` sets how many files are tried, `CUTOVER_SEED` the seed.

mod support;

use std::alloc::{GlobalAlloc, Layout as Memory, System};
use std::collections::BTreeMap;
use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};

use support::*;
use tempfile::tempdir;

/// Notes the largest single allocation.
struct Watched;

static LARGEST: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call is passed on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Watched {
    unsafe fn alloc(&self, memory: Memory) -> *mut u8 {
        LARGEST.fetch_max(memory.size(), Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `GlobalAlloc::alloc`.
        unsafe { System.alloc(memory) }
    }

    unsafe fn alloc_zeroed(&self, memory: Memory) -> *mut u8 {
        LARGEST.fetch_max(memory.size(), Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `GlobalAlloc::alloc_zeroed`.
        unsafe { System.alloc_zeroed(memory) }
    }

    unsafe fn realloc(&self, at: *mut u8, memory: Memory, size: usize) -> *mut u8 {
        LARGEST.fetch_max(size, Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `GlobalAlloc::realloc`.
        unsafe { System.realloc(at, memory, size) }
    }

    unsafe fn dealloc(&self, at: *mut u8, memory: Memory) {
        // SAFETY: the caller keeps the contract of `GlobalAlloc::dealloc`.
        unsafe { System.dealloc(at, memory) }
    }
}

#[global_allocator]
static ALLOCATOR: Watched = Watched;

/// The splitmix64 generator.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, most: usize) -> usize {
        (self.next() % most.max(1) as u64) as usize
    }
}

/// Changes one to four places. Half of the changes are in the footer, where most of the claims are.
fn mutate(good: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = good.to_vec();
    let footer =
        good.len() - 8 - u32::from_le_bytes(good[good.len() - 8..][..4].try_into().unwrap()) as usize;
    for _ in 0..=random.below(4) {
        let length = bytes.len();
        if length < 16 {
            break;
        }
        let at = if random.below(2) == 0 {
            random.below(length)
        } else {
            (footer + random.below(good.len() - footer)).min(length - 1)
        };
        match random.below(8) {
            0 => bytes[at] ^= 1 << random.below(8),
            1 => bytes[at] = random.next() as u8,
            2 => bytes[at] = [0, 1, 0x7f, 0x80, 0xff][random.below(5)],
            3 => bytes.truncate(at),
            4 => drop(bytes.drain(at..(at + 1 + random.below(8)).min(length))),
            5 => {
                for _ in 0..=random.below(8) {
                    bytes.insert(at, random.next() as u8);
                }
            }
            6 => {
                let from = random.below(length);
                let count = (1 + random.below(32)).min(length - from).min(length - at);
                bytes.copy_within(from..from + count, at);
            }
            _ => {
                let end = (at + 5).min(length);
                bytes[at..end].fill(0xff);
            }
        }
    }
    bytes
}

#[test]
fn damaged_files_never_hurt() {
    let number =
        |name: &str, default: u64| std::env::var(name).ok().map_or(default, |text| text.parse().unwrap());
    let (mutants, seed) = (number("CUTOVER_MUTANTS", 6000), number("CUTOVER_SEED", 20_261_121));
    let dir = tempdir().unwrap();
    let path = dir.path().join("mutant.parquet");
    let batch = every_type(100);
    let originals: Vec<Vec<u8>> = LAYOUTS
        .iter()
        .map(|layout| {
            write(&path, &batch, *layout, 60);
            fs::read(&path).unwrap()
        })
        .collect();
    let mut random = Random(seed);
    let mut outcomes: BTreeMap<String, u64> = BTreeMap::new();
    let (mut panics, mut slowest) = (0, std::time::Duration::ZERO);
    LARGEST.store(0, Ordering::Relaxed);
    for mutant in 0..mutants {
        let bytes = mutate(&originals[random.below(originals.len())], &mut random);
        fs::write(&path, &bytes).unwrap();
        let start = std::time::Instant::now();
        // A mutant that kills the process is found under this name.
        let result = std::panic::catch_unwind(|| read_all(&path));
        slowest = slowest.max(start.elapsed());
        let outcome = match result {
            Ok(Ok(_)) => "read".to_owned(),
            Ok(Err(error)) => {
                panics +=
                    u64::from(error.detail.as_deref().is_some_and(|d| d.starts_with("The decoder gave up")));
                code(&error)
            }
            Err(_) => {
                let kept = std::env::temp_dir().join(format!("mutant-{seed}-{mutant}.parquet"));
                fs::write(&kept, &bytes).unwrap();
                panic!("mutant {mutant} of seed {seed} panicked: {}", kept.display());
            }
        };
        let known = ["read", "22P04", "54000", "0A000", "22021", "42701", "55000"];
        assert!(known.contains(&outcome.as_str()), "mutant {mutant} of seed {seed}: {outcome}");
        *outcomes.entry(outcome).or_default() += 1;
    }
    let largest = LARGEST.load(Ordering::Relaxed);
    println!(
        "{mutants} mutants of seed {seed}: {outcomes:?}, largest allocation {largest} bytes, slowest {slowest:?}, contained panics {panics}"
    );
    assert!(outcomes.get("22P04").is_some_and(|count| *count > mutants / 4));
    assert!(largest <= 512 * 1024 * 1024, "{largest}");
    assert!(slowest.as_secs() < 2, "{slowest:?}");
}
