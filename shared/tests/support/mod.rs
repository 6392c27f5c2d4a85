//! What the tests of the core share.
#![allow(dead_code)] // each test program uses a part of it

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::*;
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::*;
use cutover_core::convert::{Converter, Options, text};
use cutover_core::session::Dialect;
use cutover_core::source::{ParquetSource, RowSource};
use cutover_core::{Error, Result};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::properties::{WriterProperties, WriterVersion};
use parquet::schema::types::ColumnPath;

pub const POSTGRES: Options = Options { time_zone: None, dialect: Dialect::Postgres };
pub const SQLITE: Options = Options { time_zone: None, dialect: Dialect::Sqlite };

/// The half-precision float that arrow uses.
type F16 = <Float16Type as ArrowPrimitiveType>::Native;

/// A batch with a column of every Arrow type that Parquet can hold; the last row is all NULL.
pub fn every_type(rows: usize) -> RecordBatch {
    let n = rows as i64;
    fn opt<T>(n: i64, i: i64, value: T) -> Option<T> {
        (i + 1 < n).then_some(value)
    }
    macro_rules! ints {
        ($array:ty, $($ty:ident)+) => { Arc::new(<$array>::from_iter((0..n).map(|i| opt(n, i, (i % 100) as $($ty)+)))) as ArrayRef };
    }
    let strings: Vec<Option<String>> = (0..n).map(|i| opt(n, i, format!("text {}", i % 7))).collect();
    let list = ListArray::from_iter_primitive::<Int32Type, _, _>(
        (0..n).map(|i| opt(n, i, vec![Some(i as i32), None, Some(3)])),
    );
    let item: ArrayRef = Arc::new(Int64Array::from_iter((0..n).map(|i| opt(n, i, i))));
    let inner: ArrayRef = Arc::new(StringArray::from(strings.clone()));
    let nulls: NullBuffer = (0..n).map(|i| i + 1 < n).collect::<Vec<bool>>().into();
    let fields: Fields =
        vec![Field::new("a", DataType::Int64, true), Field::new("b", DataType::Utf8, true)].into();
    let structs = StructArray::new(fields, vec![item, inner], Some(nulls.clone()));
    let mut map = MapBuilder::new(None, StringBuilder::new(), Int32Builder::new());
    for i in 0..n {
        if i + 1 < n {
            map.keys().append_value("k");
            map.values().append_value(i as i32);
        }
        map.append(i + 1 < n).unwrap();
    }
    let entries = Int32Array::from_iter_values((0..2 * n).map(|i| i as i32));
    let nested = ListArray::new(
        Arc::new(Field::new("item", DataType::Int32, true)),
        OffsetBuffer::from_lengths((0..n).map(|_| 2)),
        Arc::new(entries),
        Some(nulls),
    );
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("bool", Arc::new(BooleanArray::from_iter((0..n).map(|i| opt(n, i, i % 2 == 0))))),
        ("int8", ints!(Int8Array, i8)),
        ("int16", ints!(Int16Array, i16)),
        ("int32", ints!(Int32Array, i32)),
        ("int64", ints!(Int64Array, i64)),
        ("uint8", ints!(UInt8Array, u8)),
        ("uint16", ints!(UInt16Array, u16)),
        ("uint32", ints!(UInt32Array, u32)),
        ("uint64", Arc::new(UInt64Array::from_iter((0..n).map(|i| opt(n, i, u64::MAX - i as u64))))),
        (
            "float16",
            Arc::new(Float16Array::from_iter((0..n).map(|i| opt(n, i, F16::from_f32(i as f32 / 2.0))))),
        ),
        ("float32", Arc::new(Float32Array::from_iter((0..n).map(|i| opt(n, i, i as f32 / 2.0))))),
        ("float64", Arc::new(Float64Array::from_iter((0..n).map(|i| opt(n, i, i as f64 / 2.0))))),
        ("decimal9", decimal(n, 9, 2)),
        ("decimal18", decimal(n, 18, 4)),
        ("decimal38", decimal(n, 38, 10)),
        (
            "decimal76",
            Arc::new(
                Decimal256Array::from_iter(
                    (0..n).map(|i| opt(n, i, arrow::datatypes::i256::from_i128(i.into()))),
                )
                .with_precision_and_scale(60, 3)
                .unwrap(),
            ),
        ),
        ("utf8", Arc::new(StringArray::from(strings.clone()))),
        ("large_utf8", Arc::new(LargeStringArray::from(strings.clone()))),
        ("view", Arc::new(StringViewArray::from_iter(strings.clone()))),
        ("binary", Arc::new(BinaryArray::from_iter((0..n).map(|i| opt(n, i, vec![i as u8, 0, 255]))))),
        (
            "fixed",
            Arc::new(
                FixedSizeBinaryArray::try_from_sparse_iter_with_size(
                    (0..n).map(|i| opt(n, i, [i as u8; 5])),
                    5,
                )
                .unwrap(),
            ),
        ),
        ("date", Arc::new(Date32Array::from_iter((0..n).map(|i| opt(n, i, i as i32 * 400))))),
        ("time_ms", Arc::new(Time32MillisecondArray::from_iter((0..n).map(|i| opt(n, i, i as i32 * 1001))))),
        ("time_us", Arc::new(Time64MicrosecondArray::from_iter((0..n).map(|i| opt(n, i, i * 1_000_001))))),
        ("time_ns", Arc::new(Time64NanosecondArray::from_iter((0..n).map(|i| opt(n, i, i * 1_000_001_000))))),
        ("local_s", Arc::new(TimestampSecondArray::from_iter((0..n).map(|i| opt(n, i, i * 86_401))))),
        (
            "local_ms",
            Arc::new(TimestampMillisecondArray::from_iter((0..n).map(|i| opt(n, i, i * 86_401_001)))),
        ),
        (
            "local_us",
            Arc::new(TimestampMicrosecondArray::from_iter((0..n).map(|i| opt(n, i, i * 86_401_000_001)))),
        ),
        (
            "local_ns",
            Arc::new(TimestampNanosecondArray::from_iter((0..n).map(|i| opt(n, i, i * 1_000_000_007)))),
        ),
        (
            "instant",
            Arc::new(
                TimestampMicrosecondArray::from_iter((0..n).map(|i| opt(n, i, i * 86_401_000_001)))
                    .with_timezone("UTC"),
            ),
        ),
        ("list", Arc::new(list)),
        ("struct", Arc::new(structs)),
        ("map", Arc::new(map.finish())),
        ("nested", Arc::new(nested)),
        ("null", Arc::new(NullArray::new(rows))),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true)))
        .unwrap()
}

fn decimal(n: i64, precision: u8, scale: i8) -> ArrayRef {
    let values = (0..n).map(|i| (i + 1 < n).then_some(i128::from(i) * 12_345 - 50_000));
    Arc::new(Decimal128Array::from_iter(values).with_precision_and_scale(precision, scale).unwrap())
}

/// How a test file is laid out.
#[derive(Debug, Clone, Copy)]
pub enum Layout {
    /// Version 1, plain encodings, uncompressed.
    Plain,
    /// Version 1, dictionaries, Snappy.
    Dictionary,
    /// Version 2, delta encodings, zstd.
    Delta,
    Gzip,
    Lz4,
    Brotli,
}

pub const LAYOUTS: [Layout; 6] =
    [Layout::Plain, Layout::Dictionary, Layout::Delta, Layout::Gzip, Layout::Lz4, Layout::Brotli];

pub fn write(path: &Path, batch: &RecordBatch, layout: Layout, rows_per_group: usize) {
    let base = WriterProperties::builder().set_max_row_group_row_count(Some(rows_per_group));
    let base = base.set_data_page_row_count_limit(64).set_write_batch_size(32);
    let properties = match layout {
        Layout::Plain => base.set_dictionary_enabled(false).set_compression(Compression::UNCOMPRESSED),
        Layout::Dictionary => base.set_compression(Compression::SNAPPY),
        Layout::Gzip => base.set_compression(Compression::GZIP(Default::default())),
        Layout::Lz4 => base.set_compression(Compression::LZ4_RAW),
        Layout::Brotli => base.set_compression(Compression::BROTLI(Default::default())),
        Layout::Delta => {
            let base = base
                .set_writer_version(WriterVersion::PARQUET_2_0)
                .set_dictionary_enabled(false)
                .set_compression(Compression::ZSTD(ZstdLevel::try_new(1).unwrap()));
            ["utf8", "binary", "large_utf8"].into_iter().fold(base, |base, column| {
                let encoding = if column == "binary" {
                    Encoding::DELTA_LENGTH_BYTE_ARRAY
                } else {
                    Encoding::DELTA_BYTE_ARRAY
                };
                base.set_column_encoding(ColumnPath::from(column), encoding)
            })
        }
    };
    let options = ArrowWriterOptions::new().with_properties(properties.build());
    let mut writer =
        ArrowWriter::try_new_with_options(File::create(path).unwrap(), batch.schema(), options).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
}

/// Reads all of a file and converts every column to its natural type.
pub fn read_all(path: &Path) -> Result<u64> {
    let mut source = ParquetSource::open(vec![path.to_path_buf()])?;
    let columns = source.columns().to_vec();
    let mut rows = 0;
    while let Some(batch) = source.next()? {
        assert_eq!(batch.first_row, rows);
        rows += batch.batch.num_rows() as u64;
        for (column, array) in columns.iter().zip(batch.batch.columns()) {
            if let Ok(converter) = Converter::new(array.data_type(), &column.natural, &POSTGRES) {
                converter.convert(array);
            }
        }
    }
    assert_eq!(rows, source.total_rows());
    Ok(rows)
}

pub fn flights() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/data/nycflights13"))
}

/// The text of one value of a converted array, for comparing.
pub fn show(array: &ArrayRef, row: usize) -> String {
    if array.is_null(row) {
        return "NULL".to_owned();
    }
    let to = cutover_core::types::ColumnType::Text { max_chars: None };
    if let Some(bytes) = array.as_binary_opt::<i32>() {
        let mut out = String::new();
        text::bytes(bytes.value(row), &mut out);
        return out;
    }
    if let Some(bytes) = array.as_fixed_size_binary_opt().filter(|bytes| bytes.value_length() != 16) {
        let mut out = String::new();
        text::bytes(bytes.value(row), &mut out);
        return out;
    }
    let one = array.slice(row, 1);
    let converted = Converter::new(one.data_type(), &to, &POSTGRES).unwrap().convert(&one);
    assert_eq!(converted.bad, vec![]);
    converted.array.as_string::<i32>().value(0).to_owned()
}

pub fn code(error: &Error) -> String {
    error.kind.sqlstate().to_owned()
}
