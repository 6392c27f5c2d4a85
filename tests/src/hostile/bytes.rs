//! Archives, entry by entry and byte by byte, as the one whole and good archive or all but for one thing.

use std::io::Write;

use flate2::write::GzEncoder;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use zstd::stream::write::Encoder;

pub(super) const PROJECTS: &str = r#"{"table":"projects","version":1,"exported_at":"2026-11-21T18:00:00Z","record_count":2,
"external_id":["xmlid"],"columns":["xmlid","name"],"late_seed_columns":{},"records":[
{"xmlid":"p1","name":"one"},
{"xmlid":"p2","name":null}
]}
"#;
pub(super) const EVENTS: &str = r#"{"table":"events","version":1,"exported_at":"2026-11-21T18:00:00Z","record_count":2,
"external_id":["xmlid"],"columns":["xmlid","name"],
"late_seed_columns":{"project_id":{"columns":["project_id"],"table":"projects","external_id":["xmlid"]}},"records":[
{"xmlid":"e1","name":"first","_late_project_id":"p2"},
{"xmlid":"e2","name":"second","_late_project_id":null}
]}
"#;

/// A regular file, a folder, and what else a tar may hold.
pub(super) const FILE: u8 = b'0';
pub(super) const LONG_NAME: u8 = b'L';
pub(super) const ATTRIBUTES: u8 = b'x';
pub(super) const ALL_ATTRIBUTES: u8 = b'g';

/// A tar entry.
pub(super) fn entry(name: impl AsRef<[u8]>, kind: u8, content: impl AsRef<[u8]>) -> Vec<u8> {
    let content = content.as_ref();
    let size = format!("{:011o}\0", content.len());
    let mut bytes = header(name.as_ref(), kind, size.as_bytes());
    bytes.extend(content);
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    bytes
}

/// The header of an entry.
pub(super) fn header(name: &[u8], kind: u8, size: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; 512];
    bytes[..name.len()].copy_from_slice(name);
    bytes[100..108].copy_from_slice(b"0000600\0");
    bytes[124..136].copy_from_slice(size);
    bytes[156] = kind;
    bytes[257..265].copy_from_slice(b"ustar\x0000");
    with_checksums(bytes)
}

/// Attributes as PAX spells them.
pub(super) fn attribute(key: &str, value: &str) -> String {
    let length = key.len() + value.len() + 3;
    let length =
        (length..).find(|n| *n == length + n.to_string().len()).expect("a length that counts itself");
    format!("{length} {key}={value}\n")
}

pub(super) fn file(table: &str, content: &[u8]) -> Value {
    let sha256: String = Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect();
    json!({ "file": format!("{table}.json"), "sha256": sha256, "bytes": content.len(), "record_count": 2 })
}

pub(super) fn index(projects: &[u8], events: &[u8]) -> Value {
    json!({
        "format_version": 1, "created_at": "2026-11-21T18:00:00.123456Z", "database_version": "sqlite 3.40.1",
        "cutover_version": "0.2.0", "migration_package": null, "total_records": 4, "tables": ["projects", "events"],
        "files": { "projects": file("projects", projects), "events": file("events", events) },
    })
}

/// The entries of an archive with these events, all else being right.
pub(super) fn with_events(events: &[u8]) -> Vec<Vec<u8>> {
    with_index(events, index(PROJECTS.as_bytes(), events))
}

pub(super) fn with_index(events: &[u8], index: Value) -> Vec<Vec<u8>> {
    vec![
        entry("backup-index.json", FILE, index.to_string()),
        entry("projects.json", FILE, PROJECTS),
        entry("events.json", FILE, events),
    ]
}

pub(super) fn whole() -> Vec<Vec<u8>> {
    with_events(EVENTS.as_bytes())
}

/// The whole archive with one thing more, before the last table.
pub(super) fn and(more: impl IntoIterator<Item = Vec<u8>>) -> Vec<Vec<u8>> {
    let mut entries = whole();
    entries.splice(2..2, more);
    entries
}

/// The whole archive but for what its index says.
pub(super) fn told(change: impl FnOnce(&mut Value)) -> Vec<Vec<u8>> {
    let mut index = index(PROJECTS.as_bytes(), EVENTS.as_bytes());
    change(&mut index);
    with_index(EVENTS.as_bytes(), index)
}

/// The whole archive with another text in its events.
pub(super) fn changed(from: &str, to: &str) -> Vec<Vec<u8>> {
    assert!(EVENTS.contains(from), "{from}");
    with_events(EVENTS.replacen(from, to, 1).as_bytes())
}

pub(super) fn tar(entries: Vec<Vec<u8>>) -> Vec<u8> {
    [entries.concat(), vec![0; 1024]].concat()
}

pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

pub(super) fn zstd(bytes: &[u8], window: u32) -> Vec<u8> {
    let mut encoder = Encoder::new(Vec::new(), 3).expect("memory");
    encoder.include_checksum(true).expect("an option");
    encoder.window_log(window).expect("an option");
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

pub(super) fn cut(mut bytes: Vec<u8>, by: usize) -> Vec<u8> {
    bytes.truncate(bytes.len() - by);
    bytes
}

pub(super) fn flipped(mut bytes: Vec<u8>, from_end: usize) -> Vec<u8> {
    let at = bytes.len() - from_end;
    bytes[at] ^= 1;
    bytes
}

/// The same bytes with right checksums in all that look like headers of a plain tar.
pub fn with_checksums(mut bytes: Vec<u8>) -> Vec<u8> {
    for block in bytes.chunks_exact_mut(512).filter(|block| block[257..].starts_with(b"ustar")) {
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    }
    bytes
}
