//! Damaged Parquet files, JSON files and plans: whatever is flipped, cut out or put in, reading ends
//! in rows or in an error of ours, never in a panic, an abort or an allocation beyond the limits.
//!
//! `CUTOVER_MUTANTS` sets how many are tried of the three together (half of them Parquet files),
//! `CUTOVER_SEED` the seed.

mod support;

use std::alloc::{GlobalAlloc, Layout as Memory, System};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use cutover_core::convert::Converter;
use cutover_core::source::{JsonSource, RowSource};
use cutover_core::types::ColumnType;
use cutover_core::{Result, plan};
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

/// Changes one to four places. Half of the changes lie from `claims` on; `tokens` may be put in.
fn mutate(good: &[u8], claims: usize, tokens: &[&str], random: &mut Random) -> Vec<u8> {
    let mut bytes = good.to_vec();
    for _ in 0..=random.below(4) {
        let length = bytes.len();
        if length < 16 {
            break;
        }
        let at = if random.below(2) == 0 {
            random.below(length)
        } else {
            (claims + random.below(good.len() - claims)).min(length - 1)
        };
        match random.below(if tokens.is_empty() { 8 } else { 12 }) {
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
            7 => {
                let end = (at + 5).min(length);
                bytes[at..end].fill(0xff);
            }
            _ => {
                let token = tokens[random.below(tokens.len())].repeat(1 << random.below(10));
                bytes.splice(at..at, token.bytes());
            }
        }
    }
    bytes
}

/// What JSON is made of, and what it must not hold.
const TOKENS: [&str; 16] = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\\",
    "\\ud800",
    "\\u0000",
    "null",
    "1e999",
    "-0.0",
    " \n",
    "\u{feff}",
    "{\"id\":1}",
];

/// Where a Parquet file's footer begins: it makes most of the claims.
fn footer(file: &[u8]) -> usize {
    file.len() - 8 - u32::from_le_bytes(file[file.len() - 8..][..4].try_into().unwrap()) as usize
}

/// Reads a JSON file, each column as every type there is.
fn read_json(path: &Path) -> Result<u64> {
    let types = [
        ColumnType::Bool,
        ColumnType::Int4,
        ColumnType::Float8,
        ColumnType::Numeric { limit: Some((12, 2)), exact: true },
        ColumnType::Numeric { limit: None, exact: true },
        ColumnType::Text { max_chars: Some(10) },
        ColumnType::Bytes,
        ColumnType::Date,
        ColumnType::Time,
        ColumnType::TimestampTz,
        ColumnType::Uuid,
        ColumnType::Json,
    ];
    let mut source = JsonSource::open(vec![path.to_path_buf()], &mut || Ok(()))?;
    let mut rows = 0;
    while let Some(batch) = source.next()? {
        assert_eq!(batch.first_row, rows);
        rows += batch.batch.num_rows() as u64;
        for array in batch.batch.columns() {
            for ty in &types {
                Converter::new(array.data_type(), ty, &POSTGRES).unwrap().convert(array);
            }
        }
    }
    assert_eq!(rows, source.total_rows());
    Ok(rows)
}

const JSON: [&str; 2] = [
    r#"[ {"id": 1, "name": "Ann \"A\" \u00e9", "rate": 1.1000, "ok": true, "at": "2020-02-29 10:00:00+02", "more": {"a": [1, {"b": null}]}},
  {"id": 9007199254740993, "name": null, "rate": -1e-5, "ok": false},
  {"more": [[], {}, "x\\y"], "id": "3", "uid": "00112233-4455-6677-8899-aabbccddeeff", "photo": "\\x00ff"}
]
"#,
    r#"{"id": 1, "name": "one", "at": "05:00:00", "list": [1.50, "two", null]}
{"id": 2, "name": "zw\u00f6lf", "nested": {"deep": {"deeper": [[[[]]]]}}}

{"id": 3}
{"id": 4, "name": "\ud83d\ude00 end", "rate": 123456789012345678901234567890.123}
"#,
];

const PLAN: &str = r#"{"version": 1, "root": "/srv/export", "keep_runs": "90 days", "phases": [
  {"name": "users", "tables": [{"table": "people", "source": {"parquet": "people.parquet"}, "write": "replace",
    "origin": {"column": "imported", "imported": true, "local": false}, "keep_local": false}]},
  {"name": "jobs", "depends_on": ["users"], "tables": [
    {"table": "\"odd \"\"schema\".jobs", "source": {"query": "SELECT 1"}, "write": "upsert", "primary_key": ["id"],
     "columns": {"number": "job_number", "kind": {"value": 1.5}, "title": {"column": "t"}},
     "cursor": {"column": {"source": "updated"}, "lag": "10 minutes", "on_null": "include", "initial_value": 7},
     "lookups": [{"set": "lead", "table": "people", "match": {"uid": "lead_uid"}, "take": "id", "on_missing": "null"}],
     "references": [{"columns": ["a"], "table": "people", "match": ["id"]}], "on_missing_reference": "quarantine",
     "on_duplicate_key": "last", "dedup_sort": "updated", "max_delete": "25 %", "max_quarantine": 10,
     "time_zone": "Europe/Berlin", "ignore": ["updated"]}]}]}"#;

/// What became of so many mutants of one kind.
#[derive(Default)]
struct Trial {
    outcomes: BTreeMap<String, u64>,
    contained: u64,
    slowest: std::time::Duration,
}

impl Trial {
    /// Tries mutants of `originals`, each with the place where its claims begin.
    fn run(
        kind: &str,
        (mutants, seed): (u64, u64),
        originals: &[(Vec<u8>, usize)],
        tokens: &[&str],
        read: &(dyn Fn(&[u8]) -> Result<u64> + std::panic::RefUnwindSafe),
    ) -> Trial {
        let mut random = Random(seed);
        let mut trial = Trial::default();
        LARGEST.store(0, Ordering::Relaxed);
        for mutant in 0..mutants {
            let (original, claims) = &originals[random.below(originals.len())];
            let bytes = mutate(original, *claims, tokens, &mut random);
            let start = std::time::Instant::now();
            let result = std::panic::catch_unwind(|| read(&bytes));
            trial.slowest = trial.slowest.max(start.elapsed());
            let outcome = match result {
                Ok(Ok(_)) => "read".to_owned(),
                Ok(Err(error)) => {
                    let detail = error.detail.as_deref().unwrap_or_default();
                    trial.contained += u64::from(detail.starts_with("The decoder gave up"));
                    code(&error)
                }
                Err(_) => {
                    let kept = std::env::temp_dir().join(format!("mutant-{kind}-{seed}-{mutant}"));
                    fs::write(&kept, &bytes).unwrap();
                    panic!("{kind} mutant {mutant} of seed {seed} panicked: {}", kept.display());
                }
            };
            *trial.outcomes.entry(outcome).or_default() += 1;
        }
        let largest = LARGEST.load(Ordering::Relaxed);
        let Trial { outcomes, contained, slowest } = &trial;
        println!(
            "{mutants} {kind} mutants of seed {seed}: {outcomes:?}, largest allocation {largest} bytes, slowest {slowest:?}, contained panics {contained}"
        );
        assert!(largest <= 512 * 1024 * 1024, "{kind}: {largest}");
        assert!(slowest.as_secs() < 2, "{kind}: {slowest:?}");
        trial
    }

    /// Nothing but these came out, and at least a quarter of `mostly`.
    fn expect(&self, known: &[&str], mostly: &str) {
        let (all, unknown): (u64, Vec<_>) = (
            self.outcomes.values().sum(),
            self.outcomes.keys().filter(|outcome| !known.contains(&outcome.as_str())).collect(),
        );
        assert!(unknown.is_empty(), "{unknown:?}");
        assert!(self.outcomes.get(mostly).is_some_and(|count| *count > all / 4), "{:?}", self.outcomes);
    }
}

/// One test, because it watches all allocations of the process.
#[test]
fn damaged_input_never_hurts() {
    let number =
        |name: &str, default: u64| std::env::var(name).ok().map_or(default, |text| text.parse().unwrap());
    let (mutants, seed) = (number("CUTOVER_MUTANTS", 12_000), number("CUTOVER_SEED", 20_261_121));
    let (half, rest) = (mutants.div_ceil(2), mutants / 2);
    let dir = tempdir().unwrap();

    // A mutant that kills the process is found under this name.
    let path = dir.path().join("mutant.parquet");
    let batch = every_type(100);
    let originals: Vec<(Vec<u8>, usize)> = LAYOUTS
        .iter()
        .map(|layout| {
            write(&path, &batch, *layout, 60);
            let file = fs::read(&path).unwrap();
            let claims = footer(&file);
            (file, claims)
        })
        .collect();
    let read = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        read_all(&path)
    };
    Trial::run("Parquet", (half, seed), &originals, &[], &read)
        .expect(&["read", "22P04", "54000", "0A000", "22021", "42701", "55000"], "22P04");

    let path = dir.path().join("mutant.json");
    let originals = JSON.map(|text| (text.as_bytes().to_vec(), 0));
    let read = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        read_json(&path)
    };
    Trial::run("JSON", (rest.div_ceil(2), seed), &originals, &TOKENS, &read)
        .expect(&["read", "22P04", "54000", "22021", "42701"], "22P04");

    let originals = [(PLAN.as_bytes().to_vec(), 0)];
    let read = |bytes: &[u8]| plan::parse(&String::from_utf8_lossy(bytes)).map(|_| 0);
    assert!(read(PLAN.as_bytes()).is_ok());
    Trial::run("plan", (rest / 2, seed), &originals, &TOKENS, &read)
        .expect(&["read", "22023", "42602", "54000"], "22023");
}
