//! What is read from files: types, values, columns, batches.

use std::sync::Arc;

use arrow::array::*;
use cutover_core::Kind;
use cutover_core::convert::Converter;
use cutover_core::source::{ParquetSource, RowSource};
use cutover_core::types::ColumnType;
use tempfile::tempdir;

use crate::raw;
use crate::support::*;

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
