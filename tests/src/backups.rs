//! Archives for tests, written by the core's own writer.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use cutover_core::backup::{ArchiveWriter, Made, Reference, TableHeader};
use serde_json::{Value, json};

/// Writes an archive: per table an object with `table` and what else its header says (with `late` a list
/// of references), on as many lines as it takes, then a record per line.
pub fn write(path: &Path, lines: &[String]) {
    let mut tables: Vec<(TableHeader, Vec<String>)> = Vec::new();
    let mut text = String::new();
    for line in lines {
        text += line.trim();
        let Ok(object) = serde_json::from_str::<Value>(&text) else { continue };
        let text = std::mem::take(&mut text);
        match object.get("table") {
            Some(_) => tables.push((header(object), Vec::new())),
            None => tables.last_mut().expect("a table").1.push(text),
        }
    }
    assert!(text.is_empty(), "{text}");
    fs::create_dir_all(path.parent().expect("a folder")).expect("the folder can be made");
    let mut archive = ArchiveWriter::create(path, true).expect("an archive");
    for (header, records) in tables {
        let mut table = archive.table(header).expect("a table");
        records.iter().for_each(|record| table.record(record).expect("a record"));
        table.finish(&mut || Ok(())).expect("the table");
    }
    let made = Made {
        created_at: "2026-11-21T18:00:00.000000Z".to_owned(),
        database_version: "none 0".to_owned(),
        migration_package: None,
    };
    archive.finish(made, &mut || Ok(())).expect("the archive");
    // The server, which runs as another user, reads it.
    fs::set_permissions(path, fs::Permissions::from_mode(0o644)).expect("its mode can be set");
}

fn header(mut said: Value) -> TableHeader {
    let late = said.get("late").cloned().unwrap_or_else(|| json!([]));
    said["version"] = json!(1);
    said["exported_at"] = json!("2026-11-21T18:00:00.000000Z");
    said["record_count"] = json!(0);
    let header: TableHeader = serde_json::from_value(said).expect("a header");
    let late: Vec<Reference> = serde_json::from_value(late).expect("references");
    TableHeader { late, ..header }
}
