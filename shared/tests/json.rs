//! JSON files as sources: what is read of them, and what is refused with which code.

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use arrow::array::{Array, AsArray};
use cutover_core::source::{Format, JsonSource, Relative, RowSource, resolve};
use cutover_core::{Error, Kind, Result};
use support::code;
use tempfile::{TempDir, tempdir};

fn file(bytes: &[u8]) -> (TempDir, PathBuf) {
    let dir = tempdir().unwrap();
    let path = dir.path().join("a.json");
    fs::write(&path, bytes).unwrap();
    (dir, path)
}

fn open(path: &Path) -> Result<JsonSource> {
    JsonSource::open(vec![path.to_path_buf()], &mut || Ok(()))
}

/// All rows as `a|b|c`, `~` for NULL.
fn rows(source: &mut JsonSource) -> Vec<String> {
    let mut rows = Vec::new();
    while let Some(batch) = source.next().unwrap() {
        assert_eq!(batch.first_row, rows.len() as u64);
        for row in 0..batch.batch.num_rows() {
            let cell = |array: &std::sync::Arc<dyn Array>| {
                let text = array.as_string::<i32>();
                if text.is_null(row) { "~".to_owned() } else { text.value(row).to_owned() }
            };
            rows.push(batch.batch.columns().iter().map(cell).collect::<Vec<_>>().join("|"));
        }
    }
    rows
}

fn refusal(bytes: &[u8]) -> Error {
    let (_dir, path) = file(bytes);
    open(&path).unwrap_err()
}

#[test]
fn an_array_and_single_objects_are_the_same_rows() {
    let array = b"[{\"a\": 1, \"b\": \"x\"}, {\"b\": true, \"c\": [1, 2]}]";
    let lines = b"{\"a\": 1, \"b\": \"x\"}\n{\"b\": true, \"c\": [1, 2]}\n";
    let marked = [b"\xEF\xBB\xBF".as_slice(), lines].concat();
    for bytes in [array.as_slice(), lines, &marked] {
        let (_dir, path) = file(bytes);
        let mut source = open(&path).unwrap();
        assert_eq!(source.columns().iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
        assert_eq!(rows(&mut source), ["1|x|~", "~|true|[1,2]"]);
        source.project(&["c", "a"]).unwrap();
        assert_eq!(rows(&mut source), ["~|1", "[1,2]|~"]);
        assert_eq!(code(&source.project(&["d"]).unwrap_err()), "42703");
        assert_eq!(code(&source.project(&["a", "a"]).unwrap_err()), "42701");
    }
}

#[test]
fn records_longer_than_what_is_read_at_a_time_are_whole() {
    let long = "x".repeat(700_000);
    let text: String = (0..40)
        .map(|n| format!("{{\"n\": {n}, \"text\": \"{}\"}}\n", if n % 7 == 0 { &long } else { "" }))
        .collect();
    let (_dir, path) = file(text.as_bytes());
    let mut source = open(&path).unwrap();
    assert_eq!(source.total_rows(), 40);
    source.project(&["n"]).unwrap();
    assert_eq!(rows(&mut source), (0..40).map(|n| n.to_string()).collect::<Vec<_>>());
    source.project(&["text"]).unwrap();
    assert_eq!(rows(&mut source).iter().filter(|text| text.len() == long.len()).count(), 6);
}

#[test]
fn files_without_records_have_no_columns_and_no_rows() {
    for bytes in [b"".as_slice(), b" \n", b"[ ]", b"[]\n"] {
        let (_dir, path) = file(bytes);
        let mut source = open(&path).unwrap();
        assert!(source.columns().is_empty());
        source.project(&["any"]).unwrap();
        assert_eq!(rows(&mut source), [""; 0]);
    }
}

#[test]
fn what_is_not_json_is_refused_with_its_line() {
    let cases: [(&[u8], &str, &str); 12] = [
        (b"id,name\n1,Ann\n", "22P04", "line 1"),
        (b"\n\n[{\"a\": 1},\n {\"a\": }]", "22P04", "line 4"),
        (b"[{\"a\": 1}", "22P04", "line 1"),
        (b"{\"a\": 1}\n{\"a\": ", "22P04", "line 2"),
        (b"[1]", "22P04", "line 1"),
        (b"{\"a\": 1}\n3\n", "22P04", "line 2"),
        (b"[{\"a\": 1},]", "22P04", "line 1"),
        (b"[{\"a\": 1}]]", "22P04", "line 1"),
        (b"{\"a\": 01}", "22P04", "line 1"),
        (b"{\"a\": 1}\n{\"a\": \"\xff\"}", "22021", "line 2"),
        (b"{\"a\": 1}\n{\"\xff\": 1}", "22021", "line 2"),
        (b"{\"a\": 1,\n\"b\": 2, \"a\": 3}", "42701", "line 1"),
    ];
    for (bytes, expected, line) in cases {
        let error = refusal(bytes);
        let shown = String::from_utf8_lossy(bytes);
        assert_eq!(code(&error), expected, "{shown}: {error}");
        assert!(error.detail.as_deref().unwrap_or_default().starts_with(line), "{shown}: {error}");
    }
}

#[test]
fn limits_hold() {
    let nested = |depth: usize| format!("{{\"a\": {}{}}}", "[".repeat(depth), "]".repeat(depth));
    let (_dir, path) = file(nested(127).as_bytes());
    assert!(open(&path).is_ok());
    let columns = |count: usize| {
        let fields: Vec<String> = (0..count).map(|n| format!("\"c{n}\": 1")).collect();
        format!("{{{}}}", fields.join(","))
    };
    let (_dir, path) = file(columns(1600).as_bytes());
    assert_eq!(open(&path).unwrap().columns().len(), 1600);
    let over = [
        nested(128),
        nested(1_000_000),
        columns(1601),
        format!("{{\"a\": \"{}\"}}", "x".repeat(16 << 20)),
        format!("{{\"a\": \"{}", "x".repeat(40 << 20)),
        format!("{{\"{}\": 1}}", "x".repeat(2 << 20)),
        (0..1601).map(|n| format!("{{\"c{n}\": 1}}\n")).collect(),
    ];
    for text in over {
        let error = refusal(text.as_bytes());
        assert_eq!(code(&error), "54000", "{}: {error}", &text[..40]);
    }
}

#[test]
fn a_file_that_changes_between_looking_and_reading_is_refused() {
    let (_dir, path) = file(b"{\"a\": 1}");
    let mut source = open(&path).unwrap();
    fs::write(&path, b"{\"a\": 1}\n{\"a\": 2}").unwrap();
    assert_eq!(source.next().unwrap_err().kind, Kind::NotInState);
    assert!(source.next().unwrap().is_none());
}

#[test]
fn a_cancel_ends_the_first_look() {
    let (_dir, path) = file("{\"a\": 1}\n".repeat(1000).as_bytes());
    let mut left = 3;
    let result = JsonSource::open(vec![path], &mut || {
        left -= 1;
        if left == 0 { Err(Error::new(Kind::Cancelled, "stop")) } else { Ok(()) }
    });
    assert_eq!(result.unwrap_err().kind, Kind::Cancelled);
}

#[test]
fn a_folder_gives_its_json_files() {
    let dir = tempdir().unwrap();
    for name in ["b.json", "a.ndjson", "c.jsonl", "d.parquet", "e.txt"] {
        fs::write(dir.path().join(name), b"{\"a\": 1}").unwrap();
    }
    let found = resolve(".", Some(dir.path()), Relative::Refused, Format::Json).unwrap();
    let names: Vec<_> = found.iter().filter_map(|path| path.file_name()?.to_str()).collect();
    assert_eq!(names, ["a.ndjson", "b.json", "c.jsonl"]);
    assert!(JsonSource::open(Vec::new(), &mut || Ok(())).is_err_and(|e| e.kind == Kind::UndefinedFile));
}

#[test]
fn a_number_may_lie_across_any_border_of_what_is_read_at_a_time() {
    for shift in 0..12 {
        let text = "x".repeat(256 * 1024 - 20 - shift);
        let (_dir, path) = file(format!("{{\"a\":\"{text}\",\"n\":-12.5e+3}}\n{{\"n\":1}}\n").as_bytes());
        let mut source = open(&path).unwrap();
        source.project(&["n"]).unwrap();
        assert_eq!(rows(&mut source), ["-12.5e+3", "1"], "{shift}");
    }
}
