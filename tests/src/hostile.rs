//! Archives that no export makes: each with the SQLSTATE that reading it must give.
//!
//! They are built byte by byte, by none of the code that they are to test. They carry the tables
//! `projects (xmlid, name)` and `events (xmlid, name, project_id)`, both known by `xmlid`.

mod bytes;

use std::fs;
use std::path::{Path, PathBuf};

use cutover_core::Error;
use cutover_core::backup::{Archive, Field, Reference};
use cutover_core::source::RowSource;
use serde_json::json;

pub use bytes::with_checksums;
use bytes::{
    ALL_ATTRIBUTES, ATTRIBUTES, EVENTS, FILE, LONG_NAME, PROJECTS, and, attribute, changed, cut, entry,
    flipped, gzip, header, tar, told, whole, with_events, zstd,
};

/// An archive in a file.
#[derive(Debug)]
pub struct Case {
    pub what: String,
    pub path: PathBuf,
    /// The SQLSTATE that reading it gives; `ok` where it is a good one.
    pub code: &'static str,
}

/// A good archive, by gzip, by zstd, and plain.
pub fn good() -> [Vec<u8>; 3] {
    let whole = tar(whole());
    [gzip(&whole), zstd(&whole, 20), whole]
}

/// Writes all cases into a folder. Those that hold for the folder itself are not among them.
pub fn cases(folder: &Path) -> Vec<Case> {
    let named = bad_names().into_iter().map(|(what, entries)| (what, "22P04", entries));
    let tars = kinds().into_iter().chain(named).chain(extensions()).chain(indexes()).chain(tables());
    let tars = tars.map(|(what, code, entries)| (what, code, "tar", tar(entries)));
    let write = |(what, code, ending, bytes): (&'static str, &'static str, &str, Vec<u8>)| {
        let path = folder.join(format!("{}.{ending}", what.replace([' ', '/'], "-")));
        assert!(!path.exists(), "two cases are called {what}");
        fs::write(&path, bytes).expect("the file is written");
        Case { what: what.to_owned(), path, code }
    };
    tars.chain(files()).map(write).collect()
}

/// What the core makes of an archive and all of its tables: the code and the text of its error; `ok` and
/// nothing where it can be read.
pub fn outcome(path: &Path) -> (String, String) {
    let read = || -> Result<(), Error> {
        let archive = Archive::open(path, &mut || Ok(()))?;
        for header in archive.headers() {
            let field = |(key, reference): (String, Option<&Reference>)| Field {
                name: key.clone(),
                key,
                item: reference.map(|_| 0),
                strip: None,
            };
            let mut source = archive.source(&header.table, header.keys().map(field).collect())?;
            while source.next()?.is_some() {}
        }
        Ok(())
    };
    match read() {
        Ok(()) => ("ok".to_owned(), String::new()),
        Err(error) => (error.kind.sqlstate().to_owned(), error.to_string()),
    }
}

type Entries = (&'static str, &'static str, Vec<Vec<u8>>);

fn bad_names() -> Vec<(&'static str, Vec<Vec<u8>>)> {
    let more = |name: &str| and([entry(name, FILE, PROJECTS)]);
    vec![
        ("an absolute name", more("/etc/projects.json")),
        ("a name that climbs", more("../projects.json")),
        ("a name that climbs in the middle", more("a/../../projects.json")),
        ("a name of a dot", more("./projects.json")),
        ("a name with an empty part", more("a//projects.json")),
        ("a name with a backslash", more("..\\projects.json")),
        ("a name with a control character", more("a\x1B[2Jb.json")),
        ("no name", more("")),
        ("a name that is there twice", more("projects.json")),
        ("a name that is there twice in another case", more("PROJECTS.json")),
        ("an entry that is not in the index", more("secrets.json")),
        ("an entry in a folder that is not in the index", more("a/projects.json")),
        ("a folder called as a file", and([entry("projects.json/", b'5', "")])),
        ("a folder outside", and([entry("../a/", b'5', "")])),
        ("a folder with content", and([entry("a/", b'5', PROJECTS)])),
    ]
}

fn kinds() -> Vec<Entries> {
    let more = |kind: u8| and([entry("more.json", kind, "")]);
    vec![
        ("a good one", "ok", whole()),
        ("a good one with a folder", "ok", and([entry("a/", b'5', "")])),
        ("a good one of the old kind of file", "ok", {
            let mut entries = whole();
            entries[2] = entry("events.json", 0, EVENTS);
            entries
        }),
        ("a symbolic link", "42809", more(b'2')),
        ("a hard link", "42809", more(b'1')),
        ("a character device", "42809", more(b'3')),
        ("a block device", "42809", more(b'4')),
        ("a named pipe", "42809", more(b'6')),
        ("a sparse file", "42809", more(b'S')),
        ("a kind of entry that is not known", "42809", more(b'Z')),
        ("a long link", "42809", and([entry("././@LongLink", b'K', "/etc/passwd\0")])),
        ("a name that is not UTF-8", "22021", and([entry(b"a\xFF.json", FILE, "")])),
        ("too many entries", "54000", and((0..10_000).map(|i| entry(format!("{i}/"), b'5', "")))),
    ]
}

fn extensions() -> Vec<Entries> {
    let before = |extensions: Vec<Vec<u8>>| and(extensions);
    let long = |name: &str| entry("././@LongLink", LONG_NAME, format!("{name}\0"));
    let pax = |text: String| entry("a", ATTRIBUTES, text);
    let moved = |extension: Vec<u8>| {
        let mut entries = whole();
        entries[2] = [extension, entry("other.json", FILE, EVENTS)].concat();
        entries
    };
    let size = |text: &str| before(vec![pax(attribute("size", text))]);
    vec![
        ("a good one with a long name", "ok", moved(long("events.json"))),
        (
            "a good one with a name in attributes",
            "ok",
            moved(pax(attribute("mtime", "1.5") + &attribute("path", "events.json"))),
        ),
        ("a good one with a size in attributes", "ok", size(&EVENTS.len().to_string())),
        ("a long name that climbs", "22P04", moved(long("../events.json"))),
        ("attributes with a name that climbs", "22P04", moved(pax(attribute("path", "../events.json")))),
        ("attributes with a name twice", "22P04", moved(pax(attribute("path", "events.json").repeat(2)))),
        ("two long names", "22P04", moved([long("events.json"), long("events.json")].concat())),
        (
            "a long name and one in attributes",
            "22P04",
            moved([long("events.json"), pax(attribute("path", "events.json"))].concat()),
        ),
        ("attributes of a link", "42809", before(vec![pax(attribute("linkpath", "/etc/passwd"))])),
        ("attributes of a sparse file", "42809", before(vec![pax(attribute("GNU.sparse.major", "1"))])),
        ("attributes that are damaged", "22P04", before(vec![pax("99 path=a\n".to_owned())])),
        ("attributes with a size that is no number", "22P04", size("-1")),
        ("attributes with a huge size", "22P04", size("18446744073709551615")),
        ("attributes of 65 KiB", "54000", before(vec![pax(attribute("comment", &"x".repeat(65 << 10)))])),
        ("a long name of 65 KiB", "54000", moved(long(&"x".repeat(65 << 10)))),
        (
            "a good one with a comment on all",
            "ok",
            before(vec![entry("a", ALL_ATTRIBUTES, attribute("comment", "made by hand"))]),
        ),
        (
            "attributes that name all",
            "22P04",
            before(vec![entry("a", ALL_ATTRIBUTES, attribute("path", "events.json"))]),
        ),
        ("a long name of nothing", "22P04", [whole(), vec![long("more.json")]].concat()),
    ]
}

fn indexes() -> Vec<Entries> {
    let other = |text: &[u8]| {
        let mut entries = whole();
        entries[0] = entry("backup-index.json", FILE, text);
        entries
    };
    let without = |place: usize| {
        let mut entries = whole();
        entries.remove(place);
        entries
    };
    let last = {
        let mut entries = whole();
        entries.rotate_left(1);
        entries
    };
    vec![
        ("a good one with the index last", "ok", last),
        ("a good one with more in the index", "ok", told(|index| index["signed_by"] = json!("me"))),
        ("no index", "22P04", without(0)),
        ("a table that is missing", "22P04", without(1)),
        ("an index that is no JSON", "22P04", other(b"index")),
        ("an index that is no object", "22P04", other(b"[1]")),
        ("an index that is not UTF-8", "22021", other(b"{\"format_version\":1,\"created_at\":\"\xFF\"}")),
        ("an index that nests", "22P04", other("[".repeat(1 << 20).as_bytes())),
        ("an index of more than 16 MiB", "54000", other(" ".repeat((16 << 20) + 1).as_bytes())),
        (
            "an index without tables",
            "22P04",
            told(|index| drop(index.as_object_mut().expect("one").remove("tables"))),
        ),
        ("a newer format", "0A000", other(br#"{"format_version":2}"#)),
        ("a format before the first", "22P04", told(|index| index["format_version"] = json!(0))),
        ("a moment that is none", "22P04", told(|index| index["created_at"] = json!("yesterday"))),
        ("another hash", "22P04", told(|index| index["files"]["events"]["sha256"] = json!("0".repeat(64)))),
        ("another size", "22P04", told(|index| index["files"]["events"]["bytes"] = json!(1))),
        ("another count", "22P04", told(|index| index["files"]["events"]["record_count"] = json!(3))),
        ("another total", "22P04", told(|index| index["total_records"] = json!(5))),
        ("a negative total", "22P04", told(|index| index["total_records"] = json!(-4))),
        (
            "a table that is listed twice",
            "22P04",
            told(|index| index["tables"] = json!(["projects", "projects", "events"])),
        ),
        ("a table that is not listed", "22P04", told(|index| index["tables"] = json!(["projects"]))),
        (
            "a table that no file is of",
            "22P04",
            told(|index| index["tables"] = json!(["projects", "events", "more"])),
        ),
        (
            "a file of two tables",
            "22P04",
            told(|index| index["files"]["events"]["file"] = json!("projects.json")),
        ),
        (
            "a file of another table",
            "22P04",
            told(|index| {
                index["tables"] = json!(["projects", "others"]);
                index["files"]["others"] = index["files"]["events"].take();
                index["files"].as_object_mut().expect("one").remove("events");
            }),
        ),
    ]
}

fn tables() -> Vec<Entries> {
    let nested = format!("{}1{}", "[".repeat(128), "]".repeat(128));
    let bytes = |from: &str, to: &[u8]| {
        let at = EVENTS.find(from).expect("the text");
        with_events(&[&EVENTS.as_bytes()[..at], to, &EVENTS.as_bytes()[at + from.len()..]].concat())
    };
    let pair = |value: &str| {
        let two = EVENTS.replace(r#""external_id":["xmlid"]}"#, r#""external_id":["name","kind"]}"#);
        with_events(two.replace(r#":"p2""#, &format!(":{value}")).as_bytes())
    };
    vec![
        ("a good one with other white space", "ok", changed(r#""records":["#, "\"records\"\n :\r\n[ ")),
        (
            "a good one with more in a header",
            "ok",
            changed(r#""version":1"#, r#""version":1,"note":{"records":{}}"#),
        ),
        ("a good one with an id of two columns", "ok", pair(r#"["new",7]"#)),
        ("an array of another length", "22P04", pair(r#"["new"]"#)),
        ("no array where one must be", "22P04", pair(r#""new""#)),
        ("a table of a newer form", "0A000", changed(r#""version":1"#, r#""version":2"#)),
        ("a header of another table", "22P04", changed(r#""table":"events""#, r#""table":"event""#)),
        ("a header with another count", "22P04", changed(r#""record_count":2"#, r#""record_count":1"#)),
        (
            "a header with a column twice",
            "22P04",
            changed(r#"["xmlid","name"]"#, r#"["xmlid","name","name"]"#),
        ),
        ("a header with a key twice", "22P04", changed(r#""version":1"#, r#""version":1,"version":1"#)),
        (
            "a header with a reference of no columns",
            "22P04",
            changed(r#"{"columns":["project_id"]"#, r#"{"columns":[]"#),
        ),
        (
            "a header with a reference called otherwise",
            "22P04",
            changed(r#"{"columns":["project_id"]"#, r#"{"columns":["id"]"#),
        ),
        (
            "a header with an id that is no column",
            "22P04",
            changed(r#""external_id":["xmlid"],"columns""#, r#""external_id":["id"],"columns""#),
        ),
        (
            "a header of more than 1 MiB",
            "54000",
            changed(r#""version":1"#, &format!(r#""version":1,"note":"{}""#, "x".repeat(1 << 20))),
        ),
        ("a header that is not UTF-8", "22021", bytes("2026", b"\xFF026")),
        (
            "a header that nests",
            "22P04",
            changed(r#""version":1"#, &format!(r#""version":1,"note":{}"#, "[".repeat(1 << 19))),
        ),
        ("records in a header", "22P04", changed(r#""version":1"#, r#""version":1,"note":[{"records":[]}]"#)),
        ("no records", "22P04", changed(r#""records":["#, r#""rows":["#)),
        ("records that are no array", "22P04", changed(r#""records":["#, r#""records":{"a":["#)),
        ("records that are not closed", "22P04", changed("\n]}", "")),
        ("an object that is not closed", "22P04", changed("\n]}", "\n]")),
        ("something behind the records", "22P04", changed("\n]}", "\n],\"more\":1}")),
        ("something behind the table", "22P04", changed("\n]}", "\n]}{}")),
        (
            "a record that is no object",
            "22P04",
            changed(r#"{"xmlid":"e2","name":"second","_late_project_id":null}"#, "2"),
        ),
        ("a record without a column", "22P04", changed(r#""name":"second","#, "")),
        ("a record with another column", "22P04", changed(r#""name":"second""#, r#""title":"second""#)),
        (
            "a record with one column more",
            "22P04",
            changed(r#""name":"second""#, r#""name":"second","title":"x""#),
        ),
        (
            "a record with a key twice",
            "42701",
            changed(r#""name":"second""#, r#""name":"second","name":"x""#),
        ),
        ("a record that is not UTF-8", "22021", bytes("second", b"s\xFFcond")),
        ("a record that nests too deep", "54000", changed(r#""second""#, &nested)),
        ("a record of more than 16 MiB", "54000", changed("second", &"x".repeat(16 << 20))),
        ("a text that is none", "22P04", changed("second", "\\ud800")),
        (
            "a record too few",
            "22P04",
            changed(",\n{\"xmlid\":\"e2\",\"name\":\"second\",\"_late_project_id\":null}", ""),
        ),
    ]
}

fn files() -> Vec<(&'static str, &'static str, &'static str, Vec<u8>)> {
    let whole = || tar(whole());
    let huge = |size: &[u8]| tar(vec![header(b"events.json", FILE, size)]);
    let blanks = format!("\"records\":[{}", " ".repeat(128 << 20));
    let bomb = tar(with_events(EVENTS.replace("\"records\":[", &blanks).as_bytes()));
    let mut tail = whole();
    tail.resize(128 << 20, 0);
    vec![
        ("an empty file", "22P04", "tar", Vec::new()),
        ("a text", "22P04", "tar", b"this is no archive. ".repeat(100)),
        ("nothing but zeros", "22P04", "tar", vec![0; 10_240]),
        ("a file that ends in a table", "22P04", "tar", cut(whole(), 1024 + 600)),
        ("a file that ends in a header", "22P04", "tar", cut(whole(), 1024 + 1200)),
        ("a file without an end", "22P04", "tar", cut(whole(), 1024)),
        ("a file with half an end", "22P04", "tar", cut(whole(), 512)),
        ("something behind the end", "22P04", "tar", [whole(), b"more".to_vec()].concat()),
        ("another archive behind the end", "22P04", "tar", [whole(), whole()].concat()),
        ("a good one with blocks behind the end", "ok", "tar", [whole(), vec![0; 8192]].concat()),
        ("a header with another checksum", "22P04", "tar", {
            let mut bytes = whole();
            bytes[130] ^= 1;
            bytes
        }),
        ("a size that is no number", "22P04", "tar", huge(b"12345678901\0")),
        ("a size beyond all", "22P04", "tar", huge(b"\x80\0\0\0\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF")),
        ("a size that is negative", "22P04", "tar", huge(&[0xFF; 12])),
        ("a good one by gzip", "ok", "tgz", gzip(&whole())),
        ("a good one by gzip under another name", "ok", "tar", gzip(&whole())),
        (
            "a good one by gzip in two parts",
            "ok",
            "tar.gz",
            [gzip(&whole()[..700]), gzip(&whole()[700..])].concat(),
        ),
        ("a bad checksum by gzip", "22P04", "tar.gz", flipped(gzip(&whole()), 6)),
        ("a bad size by gzip", "22P04", "tar.gz", flipped(gzip(&whole()), 2)),
        ("a cut gzip", "22P04", "tar.gz", cut(gzip(&whole()), 20)),
        ("a gzip without its checksum", "22P04", "tar.gz", cut(gzip(&whole()), 8)),
        ("something behind a gzip", "22P04", "tar.gz", [gzip(&whole()), b"more".to_vec()].concat()),
        ("a bomb by gzip", "54000", "tar.gz", gzip(&bomb)),
        ("a bomb behind the end by gzip", "54000", "tar.gz", gzip(&tail)),
        ("a good one by zstd", "ok", "tar.zst", zstd(&whole(), 20)),
        (
            "a good one by zstd in two parts",
            "ok",
            "tar.zst",
            [zstd(&whole()[..700], 20), zstd(&whole()[700..], 20)].concat(),
        ),
        ("a bad checksum by zstd", "22P04", "tar.zst", flipped(zstd(&whole(), 20), 2)),
        ("a cut zstd", "22P04", "tar.zst", cut(zstd(&whole(), 20), 20)),
        ("a zstd without its checksum", "22P04", "tar.zst", cut(zstd(&whole(), 20), 4)),
        ("something behind a zstd", "22P04", "tar.zst", [zstd(&whole(), 20), b"more".to_vec()].concat()),
        ("a zstd that wants much memory", "54000", "tar.zst", zstd(&whole(), 27)),
        ("a bomb by zstd", "54000", "tar.zst", zstd(&bomb, 20)),
        ("a bomb behind the end by zstd", "54000", "tar.zst", zstd(&tail, 20)),
        ("another compression", "0A000", "tar", [b"\xFD7zXZ\0".to_vec(), vec![0; 600]].concat()),
    ]
}
