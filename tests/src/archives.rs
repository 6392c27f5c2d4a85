//! Backups as scenarios show them: the tables of an archive, and their records as rows.

use std::path::Path;

use serde_json::Value;

use crate::{Db, canonical};

/// The lines of an uncompressed archive that `db` made: per table its name, its keys and what else its
/// header says, then each record as `1 | Ann | ~`. What differs from call to call is checked instead.
pub fn lines(db: Db, path: &Path) -> Vec<String> {
    let bytes = std::fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let entries = entries(&bytes);
    let (name, index) = &entries[0];
    assert_eq!(name, "backup-index.json");
    let index: Value = serde_json::from_str(index).expect("the index is JSON");
    let text = |key: &str| index[key].as_str().unwrap_or_default();
    let created = text("created_at");
    assert!(created.len() == 27 && created.ends_with('Z'), "{created}");
    let made_by = if db == Db::Postgres { "postgresql 1" } else { "sqlite 3." };
    assert!(text("database_version").starts_with(made_by), "{}", text("database_version"));
    assert_eq!(index["format_version"], 1);
    let mut total = 0;
    let mut lines = Vec::new();
    for (table, (name, content)) in index["tables"].as_array().expect("tables").iter().zip(&entries[1..]) {
        let table = table.as_str().expect("a name");
        let said = &index["files"][table];
        assert_eq!(said["file"], *name);
        assert_eq!(said["bytes"], content.len());
        let file: Value = serde_json::from_str(content).expect("a table's file is JSON");
        let records = file["records"].as_array().expect("records");
        assert_eq!(said["record_count"], records.len());
        assert_eq!(content.lines().count(), records.len() + 2, "each record has its line");
        total += records.len();
        lines.push(format!("{table}: {}", header(&file)));
        let keys = keys(&file);
        lines.extend(records.iter().map(|record| {
            let record = record.as_object().expect("a record is an object");
            assert_eq!(record.keys().collect::<Vec<_>>().len(), keys.len(), "{record:?}");
            keys.iter().map(|key| cell(&record[key])).collect::<Vec<_>>().join(" | ")
        }));
    }
    assert_eq!(entries.len(), index["tables"].as_array().expect("tables").len() + 1);
    assert_eq!(index["total_records"], total);
    lines
}

/// Whether a line of an archive is the expected one.
pub fn same(expected: &str, found: &str) -> bool {
    let (left, right): (Vec<_>, Vec<_>) = (expected.split(" | ").collect(), found.split(" | ").collect());
    let pair = |(e, f): (&&str, &&str)| {
        let cell = (f.trim() != canonical::NULL).then(|| f.trim().to_owned());
        canonical::same(e.trim(), &cell)
    };
    left.len() == right.len() && left.iter().zip(&right).all(pair)
}

/// The keys of every record, in their order.
fn keys(file: &Value) -> Vec<String> {
    let names = |value: &Value| -> Vec<String> {
        let names = value.as_array().into_iter().flatten().filter_map(Value::as_str);
        names.map(str::to_owned).collect()
    };
    let late = file["late_seed_columns"].as_object().expect("references");
    let parent =
        file.get("parent").map(|parent| format!("_parent_{}", names(&parent["external_id"]).join("_")));
    names(&file["columns"])
        .into_iter()
        .chain(late.keys().map(|name| format!("_late_{name}")))
        .chain(parent)
        .collect()
}

/// `xmlid, name, _late_project_id; xmlid; berlin`: the keys, the external id, the namespace.
fn header(file: &Value) -> String {
    let id = file["external_id"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let id = id.collect::<Vec<_>>().join(", ");
    let namespace = file["namespace"].as_str().map_or(String::new(), |namespace| format!("; {namespace}"));
    format!("{}; {}{namespace}", keys(file).join(", "), if id.is_empty() { "a detail" } else { &id })
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => canonical::NULL.to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Name and content of each entry of a tar.
fn entries(mut bytes: &[u8]) -> Vec<(String, String)> {
    let mut entries = Vec::new();
    while bytes[0] != 0 {
        let text = |range: std::ops::Range<usize>| {
            String::from_utf8_lossy(&bytes[range]).trim_end_matches('\0').to_owned()
        };
        let size = usize::from_str_radix(text(124..136).trim(), 8).expect("a size");
        let content = String::from_utf8(bytes[512..512 + size].to_vec()).expect("UTF-8");
        entries.push((text(0..100), content));
        bytes = &bytes[512 + size.div_ceil(512) * 512..];
    }
    entries
}
