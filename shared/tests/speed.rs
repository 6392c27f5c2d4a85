//! How fast 1,000,000 rows of 9 mixed columns are decoded and converted. Run with
//! `cargo test --release -p cutover-core --test speed -- --ignored --nocapture`.

mod support;

use std::fs::File;
use std::sync::Arc;
use std::time::Instant;

use arrow::array::*;
use cutover_core::convert::Converter;
use cutover_core::source::{ParquetSource, RowSource};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use support::*;
use tempfile::tempdir;

const ROWS: i64 = 1_000_000;

fn mixed() -> RecordBatch {
    let some = |i: i64| i % 10 != 0;
    let columns: [(&str, ArrayRef); 9] = [
        ("id", Arc::new(Int64Array::from_iter_values(0..ROWS))),
        ("small", Arc::new(Int32Array::from_iter((0..ROWS).map(|i| some(i).then_some((i % 1000) as i32))))),
        ("float", Arc::new(Float64Array::from_iter_values((0..ROWS).map(|i| i as f64 * 0.37)))),
        (
            "amount",
            Arc::new(
                Decimal128Array::from_iter_values((0..ROWS).map(|i| i128::from(i * 7919 % 10_000_000)))
                    .with_precision_and_scale(12, 2)
                    .unwrap(),
            ),
        ),
        ("name", Arc::new(StringArray::from_iter_values((0..ROWS).map(|i| format!("customer number {i}"))))),
        (
            "city",
            Arc::new(StringArray::from_iter((0..ROWS).map(|i| some(i).then(|| format!("city {}", i % 500))))),
        ),
        ("day", Arc::new(Date32Array::from_iter_values((0..ROWS).map(|i| (i % 20_000) as i32)))),
        (
            "at",
            Arc::new(
                TimestampMicrosecondArray::from_iter_values((0..ROWS).map(|i| i * 1_000_003))
                    .with_timezone("UTC"),
            ),
        ),
        ("active", Arc::new(BooleanArray::from_iter((0..ROWS).map(|i| Some(i % 3 == 0))))),
    ];
    RecordBatch::try_from_iter(columns).unwrap()
}

/// The time this process has computed, in seconds.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
}

#[test]
#[ignore = "a measurement"]
fn decode_and_convert() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("mixed.parquet");
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
    let batch = mixed();
    let mut writer =
        ArrowWriter::try_new(File::create(&path).unwrap(), batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    for options in [POSTGRES, SQLITE] {
        for convert in [false, true, true] {
            let (wall, start) = (Instant::now(), cpu());
            let mut source = ParquetSource::open(vec![path.clone()]).unwrap();
            let columns = source.columns().to_vec();
            let converters: Vec<Converter> =
                columns.iter().map(|c| Converter::new(&c.data_type, &c.natural, &options).unwrap()).collect();
            let mut rows = 0;
            while let Some(batch) = source.next().unwrap() {
                rows += batch.batch.num_rows();
                if convert {
                    for (converter, array) in converters.iter().zip(batch.batch.columns()) {
                        assert!(converter.convert(array).bad.is_empty());
                    }
                }
            }
            assert_eq!(rows, ROWS as usize);
            println!(
                "{:?}, convert {convert}: {:.2} s of CPU, {:?} wall",
                options.dialect,
                cpu() - start,
                wall.elapsed()
            );
        }
    }
}
