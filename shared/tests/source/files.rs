//! Which files are read, and what becomes of those that cannot be.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use arrow::array::*;
use arrow::datatypes::*;
use cutover_core::Kind;
use cutover_core::source::{Format, ParquetSource, Relative, RowSource, resolve};
use tempfile::tempdir;

use crate::raw;
use crate::support::*;

#[test]
fn paths() {
    let dir = tempdir().unwrap();
    let root = dir.path();
    for name in ["a.parquet", "b.parquet", "c.txt", "sub/d.parquet"] {
        fs::create_dir_all(root.join("sub")).unwrap();
        fs::write(root.join(name), "x").unwrap();
    }
    fs::create_dir(root.join("empty")).unwrap();
    let names = |spec: &str| -> Vec<String> {
        let found = resolve(spec, Some(root), Relative::Refused, Format::Parquet).unwrap();
        found.iter().map(|p| p.strip_prefix(root).unwrap().display().to_string()).collect()
    };
    assert_eq!(names("a.parquet"), ["a.parquet"]);
    assert_eq!(names("c.txt"), ["c.txt"]);
    assert_eq!(names("."), ["a.parquet", "b.parquet"]);
    assert_eq!(names("*.parquet"), ["a.parquet", "b.parquet"]);
    assert_eq!(names("*/[d].parquet"), ["sub/d.parquet"]);
    assert_eq!(names("sub/../a.parquet"), ["sub/../a.parquet"]);
    let error =
        |spec: &str| code(&resolve(spec, Some(root), Relative::Refused, Format::Parquet).unwrap_err());
    assert_eq!(error("../a.parquet"), "22023");
    assert_eq!(error("sub/../../a.parquet"), "22023");
    assert_eq!(error(""), "22023");
    assert_eq!(error("a\0b"), "22023");
    assert_eq!(error("none.parquet"), "58P01");
    assert_eq!(error("a.parquet/none"), "58P01");
    assert_eq!(error("none*.parquet"), "58P01");
    assert_eq!(error("empty"), "58P01");
    assert_eq!(error("[.parquet"), "22023");
    assert_eq!(code(&resolve("a.parquet", None, Relative::Refused, Format::Parquet).unwrap_err()), "22023");
    assert_eq!(
        code(&resolve("none", None, Relative::WorkingDirectory, Format::Parquet).unwrap_err()),
        "58P01"
    );
    assert_eq!(
        resolve("Cargo.toml", None, Relative::WorkingDirectory, Format::Parquet).unwrap(),
        [PathBuf::from("Cargo.toml")]
    );
}

#[test]
fn only_regular_files() {
    let dir = tempdir().unwrap();
    let root = dir.path();
    let real = root.join("real.parquet");
    write(&real, &every_type(3), Layout::Plain, 10);
    symlink(&real, root.join("link.parquet")).unwrap();
    assert!(Command::new("mkfifo").arg(root.join("pipe")).status().unwrap().success());
    fs::create_dir(root.join("folder.parquet")).unwrap();
    for spec in ["link.parquet", "pipe", "/dev/null", "l*", "p*"] {
        let error = resolve(spec, Some(root), Relative::Refused, Format::Parquet).unwrap_err();
        assert_eq!(error.kind, Kind::WrongObjectType, "{spec}: {error}");
    }
    for path in ["link.parquet", "pipe", "folder.parquet"] {
        assert_eq!(
            ParquetSource::open(vec![root.join(path)]).unwrap_err().kind,
            Kind::WrongObjectType,
            "{path}"
        );
    }
    assert_eq!(ParquetSource::open(vec![root.join("none")]).unwrap_err().kind, Kind::UndefinedFile);
    assert_eq!(ParquetSource::open(vec![]).unwrap_err().kind, Kind::UndefinedFile);
}

#[test]
fn damaged_files() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("x.parquet");
    write(&path, &every_type(50), Layout::Dictionary, 100);
    let good = fs::read(&path).unwrap();
    let with = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        let error = read_all(&path).unwrap_err();
        (code(&error), error.message, error.detail.unwrap_or_default())
    };
    for bytes in [&b""[..], b"PAR1", b"PAR1PAR1", b"hello, world, this is text", &good[..good.len() / 2]] {
        let (code, message, _) = with(bytes);
        assert_eq!(
            (code.as_str(), message),
            ("22P04", format!("file \"{}\" is not a valid Parquet file", path.display()))
        );
    }
    let end = good.len();
    let mut encrypted = good.clone();
    encrypted[end - 4..].copy_from_slice(b"PARE");
    assert_eq!(with(&encrypted).0, "0A000");
    let mut huge = good.clone();
    huge[end - 8..end - 4].copy_from_slice(&0x7fff_ffff_u32.to_le_bytes());
    assert_eq!(with(&huge).0, "54000");
    let mut long = good.clone();
    long[end - 8..end - 4].copy_from_slice(&0x00ff_ffff_u32.to_le_bytes());
    assert_eq!(with(&long).0, "22P04");
}

#[test]
fn too_deep_and_too_wide() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("x.parquet");
    let deep = |levels: usize| {
        let open = "optional group g { ".repeat(levels);
        format!("message m {{ {open} optional int32 a; {} }}", "}".repeat(levels))
    };
    for (levels, code_wanted) in [(20, None), (120, Some("54000"))] {
        raw(&path, &deep(levels), |c| {
            c.typed::<parquet::data_type::Int32Type>().write_batch(&[], Some(&[0]), None).unwrap();
        });
        assert_eq!(read_all(&path).err().map(|e| code(&e)).as_deref(), code_wanted, "{levels}");
    }
    let array: ArrayRef = Arc::new(Int32Array::from(vec![1]));
    for (columns, code_wanted) in [(1600, None), (1601, Some("54000"))] {
        let batch =
            RecordBatch::try_from_iter((0..columns).map(|i| (format!("c{i}"), array.clone()))).unwrap();
        write(&path, &batch, Layout::Plain, 10);
        assert_eq!(read_all(&path).err().map(|e| code(&e)).as_deref(), code_wanted, "{columns}");
    }
    let twice =
        Schema::new(vec![Field::new("a", DataType::Int32, true), Field::new("a", DataType::Int32, true)]);
    write(
        &path,
        &RecordBatch::try_new(Arc::new(twice), vec![array.clone(), array]).unwrap(),
        Layout::Plain,
        10,
    );
    assert_eq!(code(&read_all(&path).unwrap_err()), "42701");
}

#[test]
fn a_file_that_changes_is_noticed() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("x.parquet");
    write(&path, &every_type(50), Layout::Plain, 100);
    let mut source = ParquetSource::open(vec![path.clone()]).unwrap();
    assert!(source.next().unwrap().is_some());
    let file = fs::File::options().append(true).open(&path).unwrap();
    file.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    assert_eq!(source.next().unwrap_err().kind, Kind::NotInState);
    assert!(source.next().unwrap().is_none());
    let mut source = ParquetSource::open(vec![path.clone()]).unwrap();
    fs::remove_file(&path).unwrap();
    write(&path, &every_type(50), Layout::Plain, 100);
    assert_eq!(source.next().unwrap_err().kind, Kind::NotInState);
}

#[test]
fn real_files() {
    let rows = |name: &str| read_all(&flights().join(name)).unwrap();
    assert_eq!(rows("flights.parquet"), 336_776);
    assert_eq!(rows("airlines.parquet"), 16);
    assert_eq!(rows("airports.parquet"), 1458);
    assert_eq!(rows("planes.parquet"), 3322);
    assert_eq!(rows("weather.parquet"), 26_115);
}
