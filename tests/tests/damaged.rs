//! Damaged files through the real clients: each is read or refused with the same code in both
//! databases, and no backend dies, grows without bound, or calls it a fault of its own.

use std::fs;
use std::path::Path;

use cutover_tests::client::Client;
use cutover_tests::postgres::server;
use cutover_tests::random::Random;
use cutover_tests::{all_types, calls};

/// Files that are tried; `CUTOVER_MUTANTS` sets another number.
const MUTANTS: usize = 400;
/// What a process may grow by over all of them, in kilobytes: the reader's own limits add up to less.
const MOST_MEMORY: u64 = 512 * 1024;

/// Changes a few bytes, mostly in the footer, where the sizes and offsets are.
fn mutate(bytes: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let footer =
        u32::from_le_bytes(bytes[bytes.len() - 8..bytes.len() - 4].try_into().expect("4 bytes")) as usize;
    let start = if random.below(4) == 0 { 0 } else { bytes.len() - 8 - footer };
    for _ in 0..=random.below(4) {
        let at = start + random.below(bytes.len() - start);
        bytes[at] = match random.below(4) {
            0 => bytes[at] ^ (1 << random.below(8)),
            1 => 0xff,
            2 => 0,
            _ => random.below(256) as u8,
        };
    }
    if random.below(10) == 0 {
        bytes.truncate(random.below(bytes.len()));
    }
    bytes
}

fn peak(client: &mut Client) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", client.worker_pid())).expect("it is alive");
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).expect("Linux tells VmHWM");
    line.trim().trim_end_matches(" kB").parse().expect("kilobytes")
}

/// The code that reading a file into a temporary table gives; `ok` where it can be read.
fn outcome(client: &mut Client, temporary: &str, file: &Path) -> String {
    let (_, answer) =
        calls::call(client, &format!("import_parquet('{}', target => '{temporary}.x')", file.display()));
    match answer.error {
        Some(error) => error.code,
        None => {
            client.run(&format!("DROP TABLE {temporary}.x")).ok("drop");
            "ok".to_owned()
        }
    }
}

#[test]
fn damaged_files_are_refused_alike() {
    server().new_database("damaged");
    let folder = server().files.join("damaged");
    fs::create_dir_all(&folder).expect("a folder");
    let whole = folder.join("whole.parquet");
    all_types::write(&whole);
    let bytes = fs::read(&whole).expect("the file");
    let mut postgres = Client::postgres("damaged");
    let mut sqlite = Client::sqlite(&folder.join("database.sqlite"));
    assert_eq!(outcome(&mut postgres, "pg_temp", &whole), "ok");
    assert_eq!(outcome(&mut sqlite, "temp", &whole), "ok");
    let before = (peak(&mut postgres), peak(&mut sqlite));

    let count = std::env::var("CUTOVER_MUTANTS").ok().and_then(|n| n.parse().ok()).unwrap_or(MUTANTS);
    let mut random = Random(20_130_101);
    let mut wrong = Vec::new();
    for i in 0..count {
        let file = folder.join(format!("mutant-{i}.parquet"));
        fs::write(&file, mutate(&bytes, &mut random)).expect("the mutant");
        let codes = (outcome(&mut postgres, "pg_temp", &file), outcome(&mut sqlite, "temp", &file));
        // PostgreSQL's dates reach from 4713 BC to 294276, SQLite's from 0001 to 9999.
        let calendar = codes.0 == "ok" && codes.1 == "22008";
        if (codes.0 != codes.1 && !calendar) || codes.0.starts_with("XX") || codes.1.starts_with("XX") {
            if let Ok(keep) = std::env::var("CUTOVER_KEEP_MUTANTS") {
                let _ = fs::copy(&file, Path::new(&keep).join(format!("mutant-{i}.parquet")));
            }
            wrong.push((i, codes));
        }
        fs::remove_file(&file).expect("the mutant goes");
    }
    assert!(
        wrong.is_empty(),
        "mutants with other codes in PostgreSQL and SQLite, or internal errors: {wrong:?}"
    );
    let grown = (peak(&mut postgres) - before.0, peak(&mut sqlite) - before.1);
    assert!(grown.0 < MOST_MEMORY && grown.1 < MOST_MEMORY, "grown by {grown:?} kB");
}
