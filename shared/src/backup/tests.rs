//! Archives that are written and read again.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use arrow::array::{Array, AsArray};

use super::*;
use crate::error::{Error, Kind};
use crate::source::RowSource;

fn go_on() -> Result<()> {
    Ok(())
}

fn reference(columns: &[&str], table: &str, external_id: &[&str]) -> Reference {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    Reference { columns: owned(columns), table: table.to_owned(), external_id: owned(external_id) }
}

fn header(table: &str, columns: &[&str]) -> TableHeader {
    TableHeader {
        table: table.to_owned(),
        version: 0,
        exported_at: "2026-11-21T18:00:00.5Z".to_owned(),
        record_count: 0,
        external_id: vec!["xmlid".to_owned()],
        namespace: Some("berlin".to_owned()),
        columns: columns.iter().map(|column| (*column).to_owned()).collect(),
        late: Vec::new(),
        parent: None,
    }
}

fn made(created_at: &str) -> Made {
    Made {
        created_at: created_at.to_owned(),
        database_version: "sqlite 3.40.1".to_owned(),
        migration_package: Some("B".to_owned()),
    }
}

/// An archive of two tables, the second of them details of the first, and an empty one whose name differs in case only.
fn write(path: &Path, created_at: &str, records: usize) -> Result<Index> {
    let mut writer = ArchiveWriter::create(path, true)?;
    let statuses = reference(&["status", "kind"], "statuses", &["name", "table"]);
    let late = vec![statuses, reference(&["project_id"], "Projects", &["xmlid"])];
    let mut projects = writer.table(TableHeader { late, ..header("Projects", &["xmlid", "name"]) })?;
    for i in 0..records {
        let (id, parent) = (format!("berlin:p-{i}"), format!("other:p-{}", i + 1));
        projects.record(&format!(
            r#"{{"xmlid":"{id}","name":"Jé\n{i}","_late_status_kind":["new",{i}],"_late_project_id":"{parent}"}}"#
        ))?;
    }
    projects.record(r#"{"_late_project_id":null,"_late_status_kind":null,"xmlid":"x","name":null}"#)?;
    projects.finish(&mut go_on)?;
    let mut dropped = writer.table(header("dropped", &["xmlid"]))?;
    dropped.record(r#"{"xmlid":"lost"}"#)?;
    let mut details = writer.table(TableHeader {
        external_id: Vec::new(),
        namespace: None,
        parent: Some(reference(&["project_id"], "Projects", &["xmlid"])),
        ..header("details", &["cost"])
    })?;
    details.record(r#"{"cost":1.50,"_parent_xmlid":"berlin:p-0"}"#)?;
    details.finish(&mut go_on)?;
    writer.table(header("projects", &["xmlid"]))?.finish(&mut go_on)?;
    writer.finish(made(created_at), &mut go_on)
}

fn field(name: &str, key: &str, item: Option<usize>, strip: Option<&str>) -> Field {
    Field { name: name.to_owned(), key: key.to_owned(), item, strip: strip.map(str::to_owned) }
}

/// All rows of a source, its columns joined by `|`.
fn rows(mut source: ArchiveSource) -> Result<Vec<String>> {
    let mut rows = Vec::new();
    while let Some(batch) = source.next()? {
        assert_eq!(batch.place(0), rows.len() as u64);
        let cell = |column: &dyn Array, row| match column.is_null(row) {
            true => "~".to_owned(),
            false => column.as_string::<i32>().value(row).to_owned(),
        };
        for row in 0..batch.batch.num_rows() {
            let cells = batch.batch.columns().iter().map(|column| cell(column, row));
            rows.push(cells.collect::<Vec<_>>().join("|"));
        }
    }
    Ok(rows)
}

fn projects(archive: &Archive) -> ArchiveSource {
    let fields = vec![
        field("own", "xmlid", None, Some("berlin:")),
        field("name", "name", None, None),
        field("status", "_late_status_kind", Some(0), None),
        field("kind", "_late_status_kind", Some(1), None),
        field("project_id", "_late_project_id", None, Some("berlin:")),
    ];
    archive.source("Projects", fields).unwrap()
}

fn details(archive: &Archive) -> ArchiveSource {
    let fields = vec![field("p", "_parent_xmlid", None, None), field("cost", "cost", None, None)];
    archive.source("details", fields).unwrap()
}

#[test]
fn what_is_written_is_read_again_however_it_is_compressed() {
    let folder = tempfile::tempdir().unwrap();
    let mut sizes = Vec::new();
    for ending in ["tar", "tar.gz", "tgz", "tar.zst"] {
        let path = folder.path().join(format!("backup.{ending}"));
        let index = write(&path, "2026-11-21T18:00:00.123456Z", 10_000).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        sizes.push(fs::metadata(&path).unwrap().len());
        assert_eq!(index.tables, ["Projects", "details", "projects"]);
        assert_eq!(index.total_records, 10_002);
        assert_eq!(index.files["projects"].file, "%70%72%6F%6A%65%63%74%73.json");

        let archive = Archive::open(&path, &mut go_on).unwrap();
        assert_eq!(archive.index(), &index);
        assert_eq!(archive.path(), path);
        let headers: Vec<&TableHeader> = archive.headers().collect();
        assert_eq!(headers[0].late[0], reference(&["status", "kind"], "statuses", &["name", "table"]));
        assert_eq!((headers[0].record_count, headers[0].version), (10_001, 1));
        assert_eq!(headers[1].parent, Some(reference(&["project_id"], "Projects", &["xmlid"])));

        // In the archive's order, backwards, and twice.
        for _ in 0..2 {
            let found = rows(projects(&archive)).unwrap();
            assert_eq!(found.len(), 10_001);
            assert_eq!(found[7], "p-7|Jé\n7|new|7|other:p-8");
            assert_eq!(found[10_000], "x|~|~|~|~");
            assert_eq!(rows(details(&archive)).unwrap(), ["berlin:p-0|1.50"]);
        }
        // Two at once, and one that is given up.
        let mut first = projects(&archive);
        assert!(first.next().unwrap().is_some());
        assert_eq!(rows(details(&archive)).unwrap().len(), 1);
        assert_eq!(rows(projects(&archive)).unwrap().len(), 10_001);
        first.project(&["kind"]).unwrap();
        assert_eq!(rows(first).unwrap()[1], "1");
    }
    assert!(sizes[0] > 4 * sizes[1] && sizes[0] > 4 * sizes[3], "{sizes:?}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 4, "nothing else is left in the folder");
}

fn refusal<T>(result: Result<T>) -> (Kind, String) {
    let error = result.err().unwrap();
    (error.kind, error.message)
}

#[test]
fn an_export_is_refused_before_it_does_harm() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let create = |path: PathBuf| ArchiveWriter::create(&path, false).err().map(|error| error.kind);
    fs::write(path("old.tar"), "precious").unwrap();
    fs::create_dir(path("folder.tar")).unwrap();
    assert_eq!(create(path("old.tar")), Some(Kind::DuplicateFile));
    assert_eq!(create(path("new.zip")), Some(Kind::InvalidParameter));
    assert_eq!(create(path("none/new.tar")), Some(Kind::UndefinedFile));
    let over = ArchiveWriter::create(&path("folder.tar"), true).err().map(|error| error.kind);
    assert_eq!(over, Some(Kind::WrongObjectType));

    // A file that comes up in the meantime is not replaced either.
    let writer = ArchiveWriter::create(&path("late.tar"), false).unwrap();
    fs::write(path("late.tar"), "precious").unwrap();
    let late = writer.finish(made("2026-11-21T18:00:00Z"), &mut go_on);
    assert_eq!(refusal(late).0, Kind::DuplicateFile);
    assert_eq!(fs::read(path("late.tar")).unwrap(), b"precious");

    let mut writer = ArchiveWriter::create(&path("new.tar"), false).unwrap();
    writer.table(header("a", &["xmlid"])).unwrap().finish(&mut go_on).unwrap();
    assert_eq!(refusal(writer.table(header("a", &["xmlid"]))).0, Kind::DuplicateObject);
    let late = vec![reference(&["a", "b"], "t", &["x"]), reference(&["a_b"], "t", &["x"])];
    let twice = writer.table(TableHeader { late, ..header("b", &["xmlid"]) });
    assert_eq!(refusal(twice).0, Kind::DuplicateColumn);

    // What no reader would take.
    let mut table = writer.table(header("c", &["xmlid"])).unwrap();
    let nested = |depth: usize| format!(r#"{{"xmlid":{}{}}}"#, "[".repeat(depth), "]".repeat(depth));
    table.record(&nested(127)).unwrap();
    assert_eq!(refusal(table.record(&nested(128))).0, Kind::LimitExceeded);
    let long = format!(r#"{{"xmlid":"{}"}}"#, "x".repeat(16 << 20));
    assert_eq!(refusal(table.record(&long)).0, Kind::LimitExceeded);
    let columns: Vec<String> = (0..20_000).map(|i| format!("{i:064}")).collect();
    let wide = TableHeader { columns, ..header("d", &["xmlid"]) };
    assert_eq!(refusal(writer.table(wide).unwrap().finish(&mut go_on)).0, Kind::LimitExceeded);

    let mut writer = ArchiveWriter::create(&path("dense.tar.zst"), false).unwrap();
    let mut table = writer.table(header("t", &["xmlid"])).unwrap();
    let long = format!(r#"{{"xmlid":"{}"}}"#, "x".repeat(4 << 20));
    table.record(&long).unwrap();
    table.finish(&mut go_on).unwrap();
    let dense = writer.finish(made("2026-11-21T18:00:00Z"), &mut go_on);
    assert_eq!(refusal(dense).0, Kind::LimitExceeded);

    // A cancel ends it, wherever it comes.
    let cancelled = || Error::new(Kind::Cancelled, "cancelled");
    let mut writer = ArchiveWriter::create(&path("new.tar.gz"), false).unwrap();
    writer.table(header("t", &["xmlid"])).unwrap().finish(&mut go_on).unwrap();
    let ended = writer.finish(made("2026-11-21T18:00:00Z"), &mut || Err(cancelled()));
    assert_eq!(ended.unwrap_err(), cancelled());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3, "nothing is left in the folder");
}

#[test]
fn of_a_folder_the_newest_archive_is_read_and_damaged_ones_are_noted() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let open = || Archive::open(folder.path(), &mut go_on);
    fs::write(path("notes.txt"), "no archive").unwrap();
    assert_eq!(refusal(open()).0, Kind::UndefinedFile);
    write(&path("z.tar.gz"), "2026-11-21T18:00:00Z", 1).unwrap();
    write(&path("a.tar"), "2026-11-21T20:30:00+02:00", 1).unwrap();
    write(&path("b.tar.zst"), "2026-11-21T18:30:00.000Z", 1).unwrap();
    fs::write(path("x.tar"), "no archive").unwrap();
    fs::create_dir(path("y.tar")).unwrap();
    let archive = open().unwrap();
    assert_eq!(archive.path(), path("b.tar.zst"));
    assert_eq!(archive.notes().len(), 2, "{:?}", archive.notes());
    let note = format!(
        "left out: archive \"{}\" is not a valid backup: It ends too early.",
        path("x.tar").display()
    );
    assert_eq!(archive.notes()[0], note);
}

#[test]
fn a_source_reads_the_file_that_was_checked_or_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("backup.tar.gz");
    write(&path, "2026-11-21T18:00:00Z", 1).unwrap();
    let archive = Archive::open(&path, &mut go_on).unwrap();
    let unknown = archive.source("nothing", Vec::new());
    assert_eq!(refusal(unknown).0, Kind::UndefinedObject);
    let refused = |key: &str, item| refusal(archive.source("Projects", vec![field("a", key, item, None)])).0;
    assert_eq!(refused("_late_status", None), Kind::UndefinedColumn);
    assert_eq!(refused("_late_status_kind", None), Kind::InvalidParameter);
    assert_eq!(refused("_late_status_kind", Some(2)), Kind::InvalidParameter);
    assert_eq!(refused("xmlid", Some(1)), Kind::InvalidParameter);

    let source = projects(&archive);
    write(&path, "2026-11-21T18:00:00Z", 2).unwrap();
    assert_eq!(refusal(rows(source)).0, Kind::NotInState);
}
