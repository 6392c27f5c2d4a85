//! Files, and what is read from them.

mod support;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use arrow::array::*;
use arrow::datatypes::*;
use cutover_core::Kind;
use cutover_core::convert::Converter;
use cutover_core::export::ParquetExport;
use cutover_core::source::{Format, ParquetSource, Relative, RowSource, resolve};
use cutover_core::types::ColumnType;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use support::*;
use tempfile::tempdir;

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

/// Every type that the reader yields, in every layout, becomes a value of its natural type.
#[test]
fn every_type_becomes_its_natural_type() {
    let dir = tempdir().unwrap();
    let batch = every_type(200);
    for layout in LAYOUTS {
        let path = dir.path().join("all.parquet");
        write(&path, &batch, layout, 150);
        let mut source = ParquetSource::open(vec![path]).unwrap();
        assert_eq!(source.total_rows(), 200);
        let columns = source.columns().to_vec();
        let mut rows = 0;
        while let Some(found) = source.next().unwrap() {
            for (column, array) in columns.iter().zip(found.batch.columns()) {
                let converter = Converter::new(array.data_type(), &column.natural, &POSTGRES).unwrap();
                let converted = converter.convert(array);
                assert_eq!(converted.bad, vec![], "{} in {layout:?}", column.name);
                let written = batch.column_by_name(&column.name).unwrap();
                let nulls = written.slice(rows, array.len()).logical_null_count();
                assert_eq!(converted.array.logical_null_count(), nulls, "{} in {layout:?}", column.name);
                // Parquet has no timestamps in seconds: they come back as integers.
                if !matches!(column.name.as_str(), "null" | "local_s") {
                    for row in 0..array.len().min(3) {
                        let was = show(written, rows + row);
                        assert_eq!(show(&converted.array, row), was, "{} in {layout:?}", column.name);
                    }
                }
            }
            rows += found.batch.num_rows();
        }
        assert_eq!(rows, 200);
    }
    let naturals: Vec<String> = {
        let path = dir.path().join("all.parquet");
        let source = ParquetSource::open(vec![path]).unwrap();
        source.columns().iter().map(|c| format!("{}: {} -> {:?}", c.name, c.source_type, c.natural)).collect()
    };
    let expected = [
        "bool: BOOLEAN -> Bool",
        "int8: INT32 / Int(8) -> Int2",
        "int16: INT32 / Int(16) -> Int2",
        "int32: INT32 -> Int4",
        "int64: INT64 -> Int8",
        "uint8: INT32 / UInt(8) -> Int2",
        "uint16: INT32 / UInt(16) -> Int4",
        "uint32: INT32 / UInt(32) -> Int8",
        "uint64: INT64 / UInt(64) -> Numeric { limit: Some((20, 0)), exact: true }",
        "float16: FIXED_LEN_BYTE_ARRAY(2) / Float16 -> Float4",
        "float32: FLOAT -> Float4",
        "float64: DOUBLE -> Float8",
        "decimal9: INT32 / Decimal(9, 2) -> Numeric { limit: Some((9, 2)), exact: true }",
        "decimal18: INT64 / Decimal(18, 4) -> Numeric { limit: Some((18, 4)), exact: true }",
        "decimal38: FIXED_LEN_BYTE_ARRAY(16) / Decimal(38, 10) -> Numeric { limit: Some((38, 10)), exact: true }",
        "decimal76: FIXED_LEN_BYTE_ARRAY(26) / Decimal(60, 3) -> Numeric { limit: Some((60, 3)), exact: true }",
        "utf8: BYTE_ARRAY / String -> Text { max_chars: None }",
        "large_utf8: BYTE_ARRAY / String -> Text { max_chars: None }",
        "view: BYTE_ARRAY / String -> Text { max_chars: None }",
        "binary: BYTE_ARRAY -> Bytes",
        "fixed: FIXED_LEN_BYTE_ARRAY(5) -> Bytes",
        "date: INT32 / Date -> Date",
        "time_ms: INT32 / Time(ms) -> Time",
        "time_us: INT64 / Time(us) -> Time",
        "time_ns: INT64 / Time(ns) -> Time",
        "local_s: INT64 -> Int8",
        "local_ms: INT64 / Timestamp(ms) -> Timestamp",
        "local_us: INT64 / Timestamp(us) -> Timestamp",
        "local_ns: INT64 / Timestamp(ns) -> Timestamp",
        "instant: INT64 / Timestamp(us, UTC) -> TimestampTz",
        "list: group / List -> Json",
        "struct: group -> Json",
        "map: group / Map -> Json",
        "nested: group / List -> Json",
        "null: INT32 / Null -> Text { max_chars: None }",
    ];
    assert_eq!(naturals, expected);
}

fn column(name: &str, ty: ColumnType) -> (String, ColumnType) {
    (name.to_owned(), ty)
}

/// A file that goes out comes back with the same values and natural types.
#[test]
fn round_trip() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("out.parquet");
    let exact = |limit| ColumnType::Numeric { limit, exact: true };
    let columns = [
        column("bool", ColumnType::Bool),
        column("int2", ColumnType::Int2),
        column("int4", ColumnType::Int4),
        column("int8", ColumnType::Int8),
        column("float4", ColumnType::Float4),
        column("float8", ColumnType::Float8),
        column("num", exact(Some((10, 2)))),
        column("free", exact(None)),
        column("text", ColumnType::Text { max_chars: None }),
        column("bytes", ColumnType::Bytes),
        column("date", ColumnType::Date),
        column("time", ColumnType::Time),
        column("local", ColumnType::Timestamp),
        column("instant", ColumnType::TimestampTz),
        column("uuid", ColumnType::Uuid),
        column("json", ColumnType::Json),
    ];
    let source: ArrayRef = Arc::new(StringArray::from(vec![Some("1"), None, Some("0")]));
    let texts = |ty: &ColumnType| -> ArrayRef {
        Arc::new(StringArray::from(match ty {
            ColumnType::Date => vec![Some("2013-01-31"), None, Some("0001-01-01")],
            ColumnType::Time => vec![Some("05:00:00.000001"), None, Some("24:00:00")],
            ColumnType::Timestamp => vec![Some("2013-01-31 05:00"), None, Some("1582-10-05T00:00:00.123456")],
            ColumnType::TimestampTz => {
                vec![Some("2013-01-31 05:00+01"), None, Some("294247-01-10 04:00:54.775807Z")]
            }
            ColumnType::Uuid => vec![
                Some("01234567-89ab-cdef-0123-456789abcdef"),
                None,
                Some("{00000000000000000000000000000000}"),
            ],
            ColumnType::Json => vec![Some("{\"a\": [1, null]}"), None, Some("null")],
            ColumnType::Bytes => vec![Some("\\x00ff"), None, Some("\\x")],
            ColumnType::Numeric { limit: Some(_), .. } => vec![Some("99999999.99"), None, Some("-0.01")],
            ColumnType::Numeric { .. } => {
                vec![Some("123456789012345678901234567890.123456789012345678901"), None, Some("0.00")]
            }
            _ => return source.clone(),
        }))
    };
    let arrays: Vec<ArrayRef> = columns
        .iter()
        .map(|(name, ty)| {
            let converted = Converter::new(&DataType::Utf8, ty, &POSTGRES).unwrap().convert(&texts(ty));
            assert_eq!(converted.bad, vec![], "{name}");
            assert_eq!(converted.array.data_type(), &ty.arrow(), "{name}");
            converted.array
        })
        .collect();
    let fields: Vec<Field> = columns.iter().map(|(name, ty)| Field::new(name, ty.arrow(), true)).collect();
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap();
    let mut export = ParquetExport::create(&path, false, &columns).unwrap();
    export.write(&batch).unwrap();
    export.write(&batch).unwrap();
    assert!(!path.exists());
    assert_eq!(export.finish().unwrap(), 6);

    let mut source = ParquetSource::open(vec![path]).unwrap();
    for (found, (name, ty)) in source.columns().iter().zip(&columns) {
        let expected = match ty {
            ColumnType::Numeric { limit: None, .. } => &ColumnType::Text { max_chars: None },
            ty => ty,
        };
        assert_eq!(&found.natural, expected, "{name}");
    }
    let naturals: Vec<ColumnType> = source.columns().iter().map(|c| c.natural.clone()).collect();
    let back = source.next().unwrap().unwrap().batch;
    assert_eq!(back.num_rows(), 6);
    for (at, ty) in naturals.iter().enumerate() {
        let array = back.column(at);
        let converted = Converter::new(array.data_type(), ty, &POSTGRES).unwrap().convert(array);
        assert_eq!(converted.bad, vec![], "{}", columns[at].0);
        assert_eq!(&converted.array.slice(0, 3), batch.column(at), "{}", columns[at].0);
        assert_eq!(&converted.array.slice(3, 3), batch.column(at), "{}", columns[at].0);
    }
    assert!(source.next().unwrap().is_none());
}

#[test]
fn export_leaves_nothing_and_overwrites_nothing() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("out.parquet");
    let columns = [column("a", ColumnType::Int4)];
    drop(ParquetExport::create(&path, false, &columns).unwrap());
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    let late = ParquetExport::create(&path, false, &columns).unwrap();
    fs::write(&path, "mine").unwrap();
    assert_eq!(late.finish().unwrap_err().kind, Kind::DuplicateFile);
    assert_eq!(ParquetExport::create(&path, false, &columns).unwrap_err().kind, Kind::DuplicateFile);
    assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    assert_eq!(ParquetExport::create(&path, true, &columns).unwrap().finish().unwrap(), 0);
    assert_eq!(ParquetSource::open(vec![path.clone()]).unwrap().total_rows(), 0);
    let create = |path: &Path, columns: &[_]| ParquetExport::create(path, true, columns).unwrap_err().kind;
    assert_eq!(create(&dir.path().join("none/out"), &columns), Kind::UndefinedFile);
    assert_eq!(create(dir.path(), &columns), Kind::WrongObjectType);
    assert_eq!(create(&path, &[columns[0].clone(), columns[0].clone()]), Kind::DuplicateColumn);
    assert_eq!(create(&path, &[]), Kind::InvalidParameter);
}

#[test]
fn columns_are_matched_by_name() {
    let dir = tempdir().unwrap();
    let file = |name: &str, columns: Vec<(&str, ArrayRef)>| {
        let path = dir.path().join(name);
        write(&path, &RecordBatch::try_from_iter(columns).unwrap(), Layout::Dictionary, 10);
        path
    };
    let ints: ArrayRef = Arc::new(Int32Array::from(vec![1, 2]));
    let longs: ArrayRef = Arc::new(Int64Array::from(vec![3, 4]));
    let texts: ArrayRef = Arc::new(StringArray::from(vec!["x", "y"]));
    let a = file("a", vec![("n", ints.clone()), ("t", texts.clone())]);
    let b = file("b", vec![("t", texts.clone()), ("extra", ints), ("n", longs.clone())]);
    let c = file("c", vec![("n", longs)]);
    let mut source = ParquetSource::open(vec![a.clone(), b]).unwrap();
    assert_eq!(source.total_rows(), 4);
    source.project(&["t", "n"]).unwrap();
    let mut found = Vec::new();
    while let Some(batch) = source.next().unwrap() {
        let names: Vec<_> = batch.batch.schema().fields().iter().map(|f| f.name().clone()).collect();
        assert_eq!(names, ["t", "n"]);
        for row in 0..batch.batch.num_rows() {
            found.push(show(batch.batch.column(0), row) + &show(batch.batch.column(1), row));
        }
    }
    assert_eq!(found, ["x1", "y2", "x3", "y4"]);
    source.project(&[]).unwrap();
    assert_eq!(source.next().unwrap().unwrap().batch.num_rows(), 2);
    let mut source = ParquetSource::open(vec![a, c]).unwrap();
    let error = source.project(&["t"]).unwrap_err();
    assert_eq!(error.kind, Kind::UndefinedColumn);
    assert!(error.message.contains("/c\""), "{error}");
    assert_eq!(source.project(&["n", "n"]).unwrap_err().kind, Kind::DuplicateColumn);
}

/// Writes a file of one column chunk by its message type.
fn raw(
    path: &Path,
    message: &str,
    write: impl FnOnce(&mut parquet::file::writer::SerializedColumnWriter<'_>),
) {
    let schema = Arc::new(parse_message_type(message).unwrap());
    let properties = Arc::new(WriterProperties::builder().build());
    let file = fs::File::create(path).unwrap();
    let mut writer = SerializedFileWriter::new(file, schema, properties).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    write(&mut column);
    column.close().unwrap();
    group.close().unwrap();
    writer.close().unwrap();
}

#[test]
fn values_that_the_decoder_would_bend() {
    use parquet::data_type::*;
    let dir = tempdir().unwrap();
    let path = dir.path().join("raw.parquet");
    let read = || {
        let mut source = ParquetSource::open(vec![path.clone()]).unwrap();
        let natural = source.columns()[0].natural.clone();
        let batch = source.next().unwrap().unwrap().batch;
        let array = batch.column(0);
        let converted = Converter::new(array.data_type(), &natural, &POSTGRES).unwrap().convert(array);
        let shown: Vec<String> = (0..array.len()).map(|row| show(&converted.array, row)).collect();
        let bad: Vec<String> =
            converted.bad.iter().map(|b| format!("{} {}", b.kind.sqlstate(), b.value)).collect();
        (natural, shown.join(","), bad.join(","))
    };
    raw(&path, "message m { required int32 a (INTEGER(8,true)); }", |c| {
        c.typed::<Int32Type>().write_batch(&[-128, 300, 127], None, None).unwrap();
    });
    assert_eq!(read(), (ColumnType::Int2, "-128,300,127".to_owned(), String::new()));
    raw(&path, "message m { required int32 a (INTEGER(16,false)); }", |c| {
        c.typed::<Int32Type>().write_batch(&[65535, 70000], None, None).unwrap();
    });
    assert_eq!(read(), (ColumnType::Int4, "65535,70000".to_owned(), String::new()));
    raw(&path, "message m { required fixed_len_byte_array(12) a (INTERVAL); }", |c| {
        let bytes = [14_u32, 3, 3_723_004].iter().flat_map(|n| n.to_le_bytes()).collect::<Vec<u8>>();
        c.typed::<FixedLenByteArrayType>().write_batch(&[ByteArray::from(bytes).into()], None, None).unwrap();
    });
    assert_eq!(read().1, "P1Y2M3DT1H2M3.004S");
    raw(&path, "message m { required int96 a; }", |c| {
        // 9999-12-31 in Julian days, far beyond what nanoseconds hold
        c.typed::<Int96Type>()
            .write_batch(&[Int96::from(vec![1_000_000_000, 0, 5_373_484])], None, None)
            .unwrap();
    });
    assert_eq!(read(), (ColumnType::Timestamp, "9999-12-31 00:00:01.000".to_owned(), String::new()));
    raw(&path, "message m { required binary a (STRING); }", |c| {
        let values = [ByteArray::from("good"), ByteArray::from(vec![0xff_u8, 0xfe]), ByteArray::from("a\0b")];
        c.typed::<ByteArrayType>().write_batch(&values, None, None).unwrap();
    });
    assert_eq!(
        read(),
        (
            ColumnType::Text { max_chars: None },
            "good,NULL,NULL".to_owned(),
            "22021 \\xfffe,22021 \\x610062".to_owned()
        )
    );
    raw(&path, "message m { required binary a (JSON); }", |c| {
        c.typed::<ByteArrayType>()
            .write_batch(&[ByteArray::from("{\"a\":1}"), ByteArray::from("{")], None, None)
            .unwrap();
    });
    assert_eq!(read(), (ColumnType::Json, "{\"a\":1},NULL".to_owned(), "22P02 {".to_owned()));
    raw(&path, "message m { required binary a (ENUM); }", |c| {
        c.typed::<ByteArrayType>().write_batch(&[ByteArray::from("RED")], None, None).unwrap();
    });
    assert_eq!(read(), (ColumnType::Text { max_chars: None }, "RED".to_owned(), String::new()));
    raw(&path, "message m { required int32 a (DECIMAL(3,1)); }", |c| {
        c.typed::<Int32Type>().write_batch(&[999, 1000], None, None).unwrap();
    });
    assert_eq!(read().1, "99.9,NULL");
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

/// A value that a dictionary repeats in every row makes batches small, not large.
#[test]
fn batches_are_bounded() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("x.parquet");
    let wide = "x".repeat(500_000);
    let texts: ArrayRef = Arc::new(StringArray::from_iter_values((0..3000).map(|_| wide.as_str())));
    write(&path, &RecordBatch::try_from_iter([("t", texts)]).unwrap(), Layout::Dictionary, 10_000);
    let mut source = ParquetSource::open(vec![path]).unwrap();
    let (mut rows, mut most) = (0, 0);
    while let Some(batch) = source.next().unwrap() {
        rows += batch.batch.num_rows();
        most = most.max(batch.batch.num_rows() * wide.len());
    }
    assert_eq!(rows, 3000);
    assert!(most <= 64 * 1024 * 1024, "{most}");
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
