//! Documents: what tables take of them by paths, and what is told of what does not fit.

mod support;

use std::fs;
use std::sync::Arc;

use arrow::array::{Array, AsArray};
use cutover_core::Result;
use cutover_core::plan::Path;
use cutover_core::source::{DocumentRows, Documents, RowSource, Wanted};
use support::code;
use tempfile::tempdir;

fn wanted(each: &str, paths: &[&str], names: &[&str]) -> Wanted {
    let path = |text: &&str| Path::parse(text).unwrap();
    Wanted {
        each: path(&each),
        paths: paths.iter().map(path).collect(),
        names: names.iter().map(|name| name.to_string()).collect(),
        beside: Vec::new(),
        speaks: None,
    }
}

/// What these tables take of documents, one text each.
fn read(wanted: &[Wanted], documents: &[&str]) -> Result<Vec<DocumentRows>> {
    let mut reading = Documents::new(wanted.to_vec(), false);
    for (row, document) in documents.iter().enumerate() {
        reading.read_row(&Arc::from("the test"), row as u64, document, &[])?;
    }
    Ok(reading.finish()?.0)
}

/// All rows of all columns as `a|b|c`, `~` for NULL, what does not fit after them.
fn rows(source: &mut DocumentRows) -> Vec<String> {
    let names: Vec<String> = source.columns().iter().map(|c| c.name.clone()).collect();
    source.project(&names.iter().map(String::as_str).collect::<Vec<_>>()).unwrap();
    let mut rows = Vec::new();
    while let Some(batch) = source.next().unwrap() {
        for row in 0..batch.batch.num_rows() {
            let cell = |array: &Arc<dyn Array>| {
                let text = array.as_string::<i32>();
                if text.is_null(row) { "~".to_owned() } else { text.value(row).to_owned() }
            };
            let mut shown = batch.batch.columns().iter().map(cell).collect::<Vec<_>>().join("|");
            for misfit in batch.misfits(row) {
                let what = format!(" !{}: {} {}", batch.spot(row, &misfit.path), misfit.value, misfit.reason);
                shown.push_str(&what);
            }
            rows.push(shown);
        }
    }
    rows
}

fn names(source: &DocumentRows) -> Vec<&str> {
    source.columns().iter().map(|c| c.name.as_str()).collect()
}

#[test]
fn elements_know_what_they_are_part_of_wherever_it_stands() {
    let parts = wanted("$.jobs[*].parts[*]", &["$.id", "$.jobs[*].id", "$.customer.name"], &["NAME", "cost"]);
    let document = r#"{"jobs": [{"parts": [{"name": "a", "note": 1}, {"name": null, "dims": {}}], "id": 11}, {"id": 12},
        {"id": 13, "parts": [{"name": "\u00e9", "cost": 1.10}]}], "customer": {"name": "Ann"}, "id": 1}"#;
    let mut found = read(&[parts], &[document, r#"{"id": 2, "jobs": [{"parts": [{}]}]}"#]).unwrap().remove(0);
    let columns =
        ["$.id", "$.jobs[*].id", "$.customer.name", "$.jobs[*].parts[*].name", "$.jobs[*].parts[*].cost"];
    assert_eq!(names(&found)[..5], columns);
    // What the table has no column for is known by its name, where it is a plain value.
    assert_eq!(names(&found)[5..], ["$.jobs[*].parts[*].note"]);
    let expected = ["1|11|Ann|a|~|~", "1|11|Ann|~|~|~", "1|13|Ann|é|1.10|~", "2|~|~|~|~|~"];
    assert_eq!(rows(&mut found), expected);
    // It may be read as often as one likes.
    assert_eq!(rows(&mut found), expected);
}

#[test]
fn several_tables_take_of_one_walk_and_members_may_be_both_rows_and_values() {
    let orders = wanted("$", &["$.customer.id", "$.tags[1]", "$"], &["id", "customer"]);
    let customers = wanted("$.customer", &["$.id"], &["id"]);
    let tags = wanted("$.tags[*]", &["$.tags[*]", "$.customer.id"], &[]);
    let documents =
        [r#"{"id": 1, "customer": {"id": 5}, "tags": ["a", "b", null]}"#, r#"{"id": 2, "customer": null}"#];
    let mut found = read(&[orders, customers, tags], &documents).unwrap();
    assert_eq!(
        rows(&mut found[0]),
        [
            r#"5|b|{"id":1,"customer":{"id":5},"tags":["a","b",null]}|1|{"id":5}"#,
            r#"~|~|{"id":2,"customer":null}|2|~"#
        ]
    );
    assert_eq!(rows(&mut found[1]), ["1|5"]);
    assert_eq!(rows(&mut found[2]), ["a|5", "b|5", "~|5"]);
}

#[test]
fn values_of_another_shape_are_told_with_their_place() {
    let parts = wanted("$.jobs[*].parts[*]", &["$.id", "$.jobs[*].tech.name"], &["name"]);
    let documents = [
        r#"{"id": 1, "jobs": [{"tech": "Ng", "parts": [{"name": "a"}, 7]}, {"parts": {"name": "b"}}, [1]]}"#,
        r#"{"id": 2, "jobs": 5}"#,
        "[1, 2]",
        "{nothing",
    ];
    let mut found = read(&[parts], &documents).unwrap().remove(0);
    assert_eq!(
        rows(&mut found),
        [
            "1|~|a !row 1 of the test, $.jobs[0].tech: \"Ng\" is not an object",
            "1|~|~ !row 1 of the test, $.jobs[0].parts[1]: 7 is not an object",
            "1|~|~ !row 1 of the test, $.jobs[1].parts: {\"name\": \"b\"} is not an array",
            "1|~|~ !row 1 of the test, $.jobs[2]: [1] is not an object",
            "2|~|~ !row 2 of the test, $.jobs: 5 is not an array",
            "~|~|~ !row 3 of the test, $: [1, 2] is not an object",
            "~|~|~ !row 4 of the test, $: {nothing is not valid JSON",
        ]
    );
}

#[test]
fn a_path_that_no_document_has_is_no_column_and_null_is_had() {
    let orders = || wanted("$", &["$.customer.name", "$.customer.phone", "$.fees[0]"], &[]);
    let found = read(&[orders()], &[r#"{"customer": {"name": null}}"#]).unwrap().remove(0);
    assert_eq!(names(&found), ["$.customer.name"]);
    let found = read(&[orders()], &[r#"{"customer": null, "fees": []}"#]).unwrap().remove(0);
    assert_eq!(names(&found), ["$.customer.name", "$.customer.phone", "$.fees[0]"]);
    assert!(found.shaped());
    // Without a row, or one of the right shape, there is nothing to be said of columns.
    for document in [r#"{"id": 1}"#, r#"{"id": 1, "jobs": [7, null]}"#] {
        let found = read(&[wanted("$.jobs[*]", &["$.id"], &[])], &[document]).unwrap().remove(0);
        assert!(!found.shaped(), "{document}");
    }
}

#[test]
fn what_no_table_can_take_is_an_error() {
    let orders = || [wanted("$", &["$.a.b"], &["c"])];
    for (document, expected) in [
        (r#"{"c": 1, "c": 2}"#, "42701"),
        (r#"{"a": {"b": 1, "b": 2}}"#, "42701"),
        (r#"{"c": "\ud800"}"#, "22P04"),
        (&format!(r#"{{"c": {}{}}}"#, "[".repeat(200), "]".repeat(200)), "54000"),
        (&format!(r#"{{"c": "{}"}}"#, "x".repeat(17 << 20)), "54000"),
    ] {
        let error = read(&orders(), &[document]).unwrap_err();
        assert_eq!(code(&error), expected, "{}", &document[..20]);
    }
}

#[test]
fn files_are_told_by_line_and_read_once() {
    let dir = tempdir().unwrap();
    let (a, b) = (dir.path().join("a.ndjson"), dir.path().join("b.json"));
    fs::write(&a, "{\"jobs\": [{\"id\": 1}]}\n\n{\"jobs\": [{\"id\": 2}, {\"id\": 3}]}\n").unwrap();
    fs::write(&b, "[{\"jobs\": []},\n {\"jobs\": [{\"id\": 4}]}]").unwrap();
    let mut reading = Documents::new(vec![wanted("$.jobs[*]", &[], &["id"])], false);
    reading.read_files(vec![a.clone(), b], &mut |_| Ok(())).unwrap();
    let mut found = reading.finish().unwrap().0.remove(0);
    fs::write(&a, "other").unwrap();
    found.project(&["$.jobs[*].id"]).unwrap();
    let mut spots = Vec::new();
    while let Some(batch) = found.next().unwrap() {
        spots.extend((0..batch.batch.num_rows()).map(|row| batch.spot(row, "$.jobs[*].id")));
    }
    let spots: Vec<&str> =
        spots.iter().filter_map(|spot| spot.rsplit_once('/')).map(|(_, spot)| spot).collect();
    assert_eq!(
        spots,
        [
            "a.ndjson\", line 1, $.jobs[0].id",
            "a.ndjson\", line 3, $.jobs[0].id",
            "a.ndjson\", line 3, $.jobs[1].id",
            "b.json\", line 2, $.jobs[0].id"
        ]
    );
}

#[test]
fn many_rows_leave_memory_and_come_back() {
    let line = wanted("$.lines[*]", &["$.id"], &["text"]);
    let document = |id: usize| {
        let lines: Vec<String> =
            (0..1000).map(|n| format!(r#"{{"text": "{id} {n} {}"}}"#, "x".repeat(20))).collect();
        format!(r#"{{"id": {id}, "lines": [{}]}}"#, lines.join(","))
    };
    let documents: Vec<String> = (0..60).map(document).collect();
    let documents: Vec<&str> = documents.iter().map(String::as_str).collect();
    let mut found = read(&[line], &documents).unwrap().remove(0);
    let rows = rows(&mut found);
    assert_eq!(rows.len(), 60_000);
    for (place, row) in rows.iter().enumerate() {
        let (id, n) = (place / 1000, place % 1000);
        assert!(row.starts_with(&format!("{id}|{id} {n} x")), "{row}");
    }
}

#[test]
fn what_elements_are_bound_to_is_told_where_there_are_none() {
    let parts =
        Wanted { speaks: Some(1), ..wanted("$.jobs[*].parts[*]", &["$.id", "$.jobs[*].id"], &["name"]) };
    let documents = [
        r#"{"id": 1, "jobs": [{"id": 11, "parts": [{"name": "a"}, {"name": "b"}]}, {"id": 12, "parts": []}]}"#,
        r#"{"id": 2, "jobs": null}"#,
    ];
    let mut found = read(&[parts], &documents).unwrap().remove(0);
    assert_eq!(rows(&mut found), ["1|11|a", "1|11|b"]);
    let mut bound = found.bound().unwrap();
    bound.project(&["$.id", "$.jobs[*].id"]).unwrap();
    let mut told = Vec::new();
    while let Some(batch) = bound.next().unwrap() {
        let column = |i: usize| batch.batch.column(i).as_string::<i32>().clone();
        let (orders, jobs) = (column(0), column(1));
        told.extend((0..orders.len()).map(|row| format!("{} {}", orders.value(row), jobs.value(row))));
    }
    assert_eq!(told, ["1 11", "1 12"]);
    assert!(found.bound().is_none());
}

#[test]
fn documents_with_any_byte_changed_are_read_or_refused() {
    let document = r#"{"id": 1, "customer": {"id": 5, "name": "A\u00e9"}, "jobs": [{"id": 11, "parts": [{"name": "a", "cost": -1.5e2}, null, 7]}, {"parts": {}}], "tags": ["x", "y"]}"#;
    let tables = [
        Wanted {
            speaks: Some(0),
            ..wanted("$.jobs[*].parts[*]", &["$.id", "$.jobs[*].id", "$.tags[1]"], &["name"])
        },
        wanted("$.customer", &["$.id", "$.customer"], &["name"]),
        wanted("$.tags[*]", &["$.tags[*]", "$.jobs[0].parts[0].cost"], &[]),
    ];
    for place in 0..document.len() {
        for byte in b"{}[]\":,0x\\ -" {
            let mut bytes = document.as_bytes().to_vec();
            bytes[place] = *byte;
            let Ok(text) = String::from_utf8(bytes) else { continue };
            match read(&tables, &[&text]) {
                Ok(mut found) => found.iter_mut().for_each(|found| drop(rows(found))),
                Err(error) => {
                    assert!(["42701", "22P04"].contains(&code(&error).as_str()), "{error:?} of {text}")
                }
            }
        }
    }
}
