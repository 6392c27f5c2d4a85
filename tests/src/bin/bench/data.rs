//! The rows that are measured: 9 mixed columns, made once, the same on every machine.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::*;
use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use arrow::util::display::array_value_to_string;
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;

const BATCH: usize = 50_000;
/// Words in a row's note. Files of other rows have other names, so that none is taken for these.
const WORDS_IN_NOTE: u64 = 14;

/// The columns, as both databases declare them.
pub const COLUMNS: &str = "id bigint, n integer, x double precision, amount numeric(12,2), code varchar(12), note text, \
     ok boolean, day date, seen timestamp";

/// The files of the measurement.
pub struct Files {
    pub rows: PathBuf,
    /// The same rows, every hundredth of them changed.
    pub changed: PathBuf,
    pub csv: PathBuf,
    pub big: PathBuf,
}

/// Makes what is not there yet.
pub fn make(folder: &Path, rows: usize, big_rows: usize) -> Files {
    fs::create_dir_all(folder).expect("the folder can be made");
    let file = |what: &str, rows: usize, ending: &str| {
        folder.join(format!("{what}-{rows}-of-{WORDS_IN_NOTE}-words.{ending}"))
    };
    let files = Files {
        rows: file("rows", rows, "parquet"),
        changed: file("changed", rows, "parquet"),
        csv: file("rows", rows, "csv"),
        big: file("big", big_rows, "parquet"),
    };
    for (path, count, changed) in
        [(&files.rows, rows, false), (&files.changed, rows, true), (&files.big, big_rows, false)]
    {
        once(path, |part| parquet(part, count, changed));
    }
    once(&files.csv, |part| csv(part, rows));
    files
}

/// Makes a file under another name first, so that one which is there is whole.
fn once(path: &Path, make: impl FnOnce(&Path)) {
    if !path.exists() {
        eprintln!("making {} ...", path.display());
        let part = path.with_extension("part");
        make(&part);
        fs::rename(&part, path).expect("the file can be renamed");
    }
}

fn parquet(path: &Path, rows: usize, changed: bool) {
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
    let file = File::create(path).expect("the file can be made");
    let mut writer =
        ArrowWriter::try_new(file, batch(0, 1, false).schema(), Some(properties)).expect("a writer");
    for start in (0..rows).step_by(BATCH) {
        writer.write(&batch(start, BATCH.min(rows - start), changed)).expect("rows are written");
    }
    writer.close().expect("the file is closed");
}

fn csv(path: &Path, rows: usize) {
    let mut out = BufWriter::new(File::create(path).expect("the file can be made"));
    for start in (0..rows).step_by(BATCH) {
        let batch = batch(start, BATCH.min(rows - start), false);
        for row in 0..batch.num_rows() {
            let cells: Vec<String> = batch
                .columns()
                .iter()
                .map(|column| match column.data_type() {
                    DataType::Boolean => u8::from(column.as_boolean().value(row)).to_string(),
                    _ => array_value_to_string(column, row).expect("a value").replacen('T', " ", 1),
                })
                .collect();
            writeln!(out, "{}", cells.join(",")).expect("the line is written");
        }
    }
    out.flush().expect("the file is written");
}

/// Rows `start ..`, computed from their number alone.
fn batch(start: usize, count: usize, changed: bool) -> RecordBatch {
    const WORDS: [&str; 16] = [
        "invoice", "customer", "payment", "order", "delivery", "return", "open", "closed", "north", "south",
        "late", "paid", "draft", "urgent", "archive", "review",
    ];
    let ids = || (start..start + count).map(|i| i as u64);
    // splitmix64: spreads the row number over all bits.
    let hash = |i: u64, salt: u64| {
        let mut z = (i ^ (salt << 56)).wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    };
    let amount = |i: u64| {
        let plain = (hash(i, 3) % 100_000_000) as i128;
        if changed && i % 100 == 7 { plain + 1 } else { plain }
    };
    let note = |i: u64| {
        let words: Vec<&str> = (0..WORDS_IN_NOTE).map(|w| WORDS[(hash(i, 16 + w) % 16) as usize]).collect();
        words.join(" ")
    };
    let arrays: Vec<(&str, ArrayRef)> = vec![
        ("id", Arc::new(Int64Array::from_iter_values(ids().map(|i| i as i64 + 1)))),
        ("n", Arc::new(Int32Array::from_iter_values(ids().map(|i| (hash(i, 1) % 1_000_000) as i32)))),
        ("x", Arc::new(Float64Array::from_iter_values(ids().map(|i| (hash(i, 2) >> 11) as f64 / 1e9)))),
        (
            "amount",
            Arc::new(
                Decimal128Array::from_iter_values(ids().map(amount))
                    .with_precision_and_scale(12, 2)
                    .expect("a decimal"),
            ),
        ),
        (
            "code",
            Arc::new(StringArray::from_iter_values(ids().map(|i| format!("C{:07}", hash(i, 4) % 5_000_000)))),
        ),
        ("note", Arc::new(StringArray::from_iter_values(ids().map(note)))),
        ("ok", Arc::new(BooleanArray::from_iter(ids().map(|i| Some(hash(i, 5) % 3 == 0))))),
        (
            "day",
            Arc::new(Date32Array::from_iter_values(ids().map(|i| 10_000 + (hash(i, 6) % 10_000) as i32))),
        ),
        (
            "seen",
            Arc::new(TimestampMicrosecondArray::from_iter_values(
                ids().map(|i| (hash(i, 7) % 1_700_000_000) as i64 * 1_000_000),
            )),
        ),
    ];
    let fields: Vec<Field> = arrays
        .iter()
        .map(|(name, array)| {
            let ty = match array.data_type() {
                DataType::Timestamp(_, _) => DataType::Timestamp(TimeUnit::Microsecond, None),
                other => other.clone(),
            };
            Field::new(*name, ty, true)
        })
        .collect();
    let columns = arrays.into_iter().map(|(_, array)| array).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).expect("columns of one length")
}
