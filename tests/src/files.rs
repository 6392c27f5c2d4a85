//! Parquet files for the scenarios, made from the text in which a scenario shows them.

use std::fs::{self, File};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use arrow::array::{ArrayRef, BinaryArray, RecordBatch, StringArray};
use arrow::compute::{CastOptions, cast, cast_with_options};
use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use parquet::arrow::ArrowWriter;
use parquet::file::reader::{FileReader, SerializedFileReader};

use crate::canonical::NULL;

/// Writes a Parquet file. `columns` reads `id int64 not null, name text`; a row reads `1 | Ann`,
/// with `~` for NULL, `''` for an empty text, `\n` for a new line and `\0` for a NUL. A row that reads
/// `---` ends a row group.
pub fn write(path: &Path, columns: &str, rows: &[String]) {
    let fields: Vec<Field> = split_columns(columns).iter().map(|c| field(c)).collect();
    let schema = Arc::new(Schema::new(fields.clone()));
    let groups: Vec<RecordBatch> =
        rows.split(|row| row == "---").map(|rows| batch(&fields, &schema, rows)).collect();
    write_groups(path, &groups);
}

fn batch(fields: &[Field], schema: &Arc<Schema>, rows: &[String]) -> RecordBatch {
    let arrays = fields.iter().enumerate().map(|(i, field)| {
        let cells: Vec<Option<String>> = rows.iter().map(|row| cell(row, i, fields.len())).collect();
        array(field, &cells)
    });
    RecordBatch::try_new(Arc::clone(schema), arrays.collect()).expect("columns of one length")
}

/// Writes a batch as a Parquet file.
pub fn write_batch(path: &Path, batch: &RecordBatch) {
    write_groups(path, std::slice::from_ref(batch));
}

/// Writes batches as a Parquet file, a row group each.
fn write_groups(path: &Path, groups: &[RecordBatch]) {
    fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("its folder can be made");
    let file = File::create(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let mut writer = ArrowWriter::try_new(file, groups[0].schema(), None).expect("a writer");
    for group in groups {
        writer.write(group).expect("rows are written");
        writer.flush().expect("the row group is written");
    }
    writer.close().expect("the file is closed");
}

/// Makes a file that is not what it should be: see the table in SCENARIOS.md.
pub fn damage(root: &Path, name: &str, how: &str) {
    let path = root.join(name);
    let _ = fs::remove_file(&path);
    let (kind, from) = how.split_once(' ').unwrap_or((how, ""));
    let bytes = || fs::read(root.join(from)).unwrap_or_else(|e| panic!("{from}: {e}"));
    match kind {
        "absent" => return,
        // The server, which runs as another user, may write to it.
        "folder" => fs::create_dir_all(&path)
            .and_then(|()| fs::set_permissions(&path, fs::Permissions::from_mode(0o777))),
        "empty" => fs::write(&path, b""),
        "garbage" => fs::write(&path, "this is no Parquet file, it only ends like one\u{0}\u{0}PAR1"),
        "truncated" => fs::write(&path, &bytes()[..bytes().len() / 2]),
        "link" => symlink(root.join(from), &path),
        "fifo" => Command::new("mkfifo").arg(&path).status().map(drop),
        "copy" => fs::write(&path, bytes()),
        "spoiled" => fs::write(&path, spoiled(bytes())),
        "nonsense-indexes" => fs::write(&path, nonsense_indexes(bytes(), &root.join(from))),
        "long-footer" => fs::write(&path, long_footer()),
        other => panic!("no such kind of file: {other}"),
    }
    .unwrap_or_else(|e| panic!("{}: {e}", path.display()));
}

/// The file with every text `spoil` in it no longer UTF-8.
fn spoiled(mut bytes: Vec<u8>) -> Vec<u8> {
    let places: Vec<usize> =
        bytes.windows(5).enumerate().filter(|(_, w)| *w == b"spoil").map(|(at, _)| at).collect();
    assert!(!places.is_empty(), "no text to spoil");
    places.iter().for_each(|at| bytes[at + 2] = 0xff);
    bytes
}

/// The file of one column, of two texts, with the bit width of its dictionary's indexes out of
/// range: the last page ends with that width, the header of a run and the run in one byte.
fn nonsense_indexes(mut bytes: Vec<u8>, path: &Path) -> Vec<u8> {
    let reader = SerializedFileReader::new(File::open(path).expect("the file")).expect("a whole file");
    let column = reader.metadata().row_group(0).column(0);
    let start = column.dictionary_page_offset().expect("a dictionary");
    let end = usize::try_from(start + column.compressed_size()).expect("within the file");
    bytes[end - 3] = 0xff;
    bytes
}

/// A file that says that its footer is longer than any footer may be.
fn long_footer() -> Vec<u8> {
    let length: u32 = 17 << 20;
    let mut bytes = b"PAR1".to_vec();
    bytes.resize(bytes.len() + length as usize, 0);
    bytes.extend(length.to_le_bytes());
    bytes.extend(b"PAR1");
    bytes
}

fn split_columns(columns: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut depth = 0;
    for c in columns.chars() {
        depth += i32::from(c == '(') - i32::from(c == ')');
        if c == ',' && depth == 0 {
            parts.push(String::new());
        } else {
            parts.last_mut().expect("never empty").push(c);
        }
    }
    parts.iter().map(|p| p.trim().to_owned()).collect()
}

/// `name type` or `name type not null`; a name with spaces stands in double quotes.
fn field(column: &str) -> Field {
    let (name, rest) = match column.strip_prefix('"') {
        Some(quoted) => quoted.split_once("\" ").expect("a quoted name and a type"),
        None => column.split_once(' ').expect("a name and a type"),
    };
    let (ty, nullable) = rest.strip_suffix(" not null").map_or((rest, true), |ty| (ty, false));
    Field::new(name, data_type(ty.trim()), nullable)
}

fn data_type(name: &str) -> DataType {
    match name {
        "bool" => DataType::Boolean,
        "int16" => DataType::Int16,
        "int32" => DataType::Int32,
        "int64" => DataType::Int64,
        "uint64" => DataType::UInt64,
        "float32" => DataType::Float32,
        "float64" => DataType::Float64,
        "text" => DataType::Utf8,
        "binary" => DataType::Binary,
        "date" => DataType::Date32,
        "timestamp" => DataType::Timestamp(TimeUnit::Microsecond, None),
        "timestamptz" => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        other => {
            let (precision, scale) = other
                .strip_prefix("decimal(")
                .and_then(|o| o.strip_suffix(')'))
                .and_then(|o| o.split_once(','))
                .unwrap_or_else(|| panic!("no such type: {other}"));
            DataType::Decimal128(
                precision.trim().parse().expect("digits"),
                scale.trim().parse().expect("digits"),
            )
        }
    }
}

fn cell(row: &str, index: usize, count: usize) -> Option<String> {
    let cells: Vec<&str> = row.split(" | ").map(str::trim).collect();
    assert_eq!(cells.len(), count, "cells of row {row:?}");
    match cells[index] {
        NULL => None,
        text => Some(text.replace("''", "").replace("\\n", "\n").replace("\\0", "\0")),
    }
}

fn array(field: &Field, cells: &[Option<String>]) -> ArrayRef {
    let texts: ArrayRef = Arc::new(StringArray::from(cells.to_vec()));
    match field.data_type() {
        DataType::Binary => {
            let bytes: Vec<Option<Vec<u8>>> = cells.iter().map(|c| c.as_deref().map(unhex)).collect();
            Arc::new(BinaryArray::from_iter(bytes))
        }
        // "NaN" and "inf" are floats; for the rest a text that does not parse is a slip in the scenario.
        DataType::Float32 | DataType::Float64 => cast(&texts, field.data_type()).expect("floats"),
        ty => {
            let strict = CastOptions { safe: false, ..CastOptions::default() };
            cast_with_options(&texts, ty, &strict).unwrap_or_else(|e| panic!("{}: {e}", field.name()))
        }
    }
}

fn unhex(text: &str) -> Vec<u8> {
    let digit = |c: u8| char::from(c).to_digit(16).expect("a hexadecimal digit") as u8;
    text.as_bytes().chunks(2).map(|pair| digit(pair[0]) * 16 + digit(pair[1])).collect()
}
