//! The files of a batch of local changes: one per table, one of the deleted rows, and the manifest, which
//! comes last and names the others.
//!
//! All names hold the batch's number and random id, so that no batch ever meets the files of another; a
//! batch that is written again takes the place of its own.

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, StringArray};
use arrow::datatypes::DataType;
use arrow::record_batch::RecordBatch;
use serde::Serialize;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use crate::convert::{Converter, Options};
use crate::error::{Error, Kind, Result};
use crate::session::Dialect;
use crate::types::ColumnType;

use super::{LinesExport, ParquetExport, system};

/// What the files of a batch are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Parquet,
    /// A JSON object per line.
    Json,
}

impl Format {
    /// The format of this name.
    pub fn parse(name: &str) -> Option<Format> {
        [Format::Parquet, Format::Json].into_iter().find(|f| f.name() == name)
    }

    /// The name as a call has it, and the ending of a file.
    pub fn name(self) -> &'static str {
        match self {
            Format::Parquet => "parquet",
            Format::Json => "json",
        }
    }
}

/// A batch on its way into files.
#[derive(Debug)]
pub struct BatchFiles<'a> {
    folder: &'a Path,
    format: Format,
    stem: String,
    manifest: Manifest<'a>,
}

#[derive(Debug, Serialize)]
struct Manifest<'a> {
    version: u32,
    phase: &'a str,
    batch: i64,
    id: &'a str,
    created: &'a str,
    files: Vec<Listed>,
}

/// A file as the manifest has it.
#[derive(Debug, Serialize)]
struct Listed {
    file: String,
    /// None for the file of deleted rows, which is of all tables.
    table: Option<String>,
    rows: u64,
    sha256: String,
}

impl<'a> BatchFiles<'a> {
    /// The files of a batch in a folder.
    pub fn new(
        folder: &'a Path,
        format: Format,
        phase: &'a str,
        (batch, id, created): (i64, &'a str, &'a str),
    ) -> Self {
        let stem = format!("{}-{batch:06}-{id}", escaped(phase));
        BatchFiles {
            folder,
            format,
            stem,
            manifest: Manifest { version: 1, phase, batch, id, created, files: Vec::new() },
        }
    }

    /// Starts the file of a table's rows. Errors: as those of [`ParquetExport::create`].
    pub fn table(&self, table: &str, columns: Vec<(String, ColumnType)>) -> Result<Rows> {
        Rows::create(self.path(&format!("table.{}", escaped(table))), self.format, columns)
    }

    /// Starts the file of deleted rows: the table and the key of each, a JSON array of texts.
    pub fn tombstones(&self) -> Result<Rows> {
        let text = ColumnType::Text { max_chars: None };
        let columns = vec![("table_name".to_owned(), text), ("row_key".to_owned(), ColumnType::Json)];
        Rows::create(self.path("tombstones"), self.format, columns)
    }

    fn path(&self, part: &str) -> PathBuf {
        self.folder.join(format!("{}.{part}.{}", self.stem, self.format.name()))
    }

    /// Ends a file and answers its name.
    pub fn finish(&mut self, rows: Rows, table: Option<&str>) -> Result<String> {
        let path = rows.path.clone();
        let rows = rows.finish()?;
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let sha256 = digest(&path)?;
        self.manifest.files.push(Listed {
            file: file.clone(),
            table: table.map(str::to_owned),
            rows,
            sha256,
        });
        Ok(file)
    }

    /// Writes the manifest, by which the batch is there as a whole, and answers its hash.
    pub fn close(self) -> Result<String> {
        let text = serde_json::to_string_pretty(&self.manifest)
            .map_err(|e| Error::new(Kind::Internal, e.to_string()))?;
        let path = self.folder.join(format!("{}.manifest.json", self.stem));
        let mut lines = LinesExport::create(&path, true)?;
        lines.write(&text)?;
        lines.finish()?;
        digest(&path)
    }
}

/// The hash of a file's content, as hexadecimal digits.
fn digest(path: &Path) -> Result<String> {
    let mut hash = Sha256::new();
    let mut file = File::open(path).map_err(|e| system(path, &e))?;
    std::io::copy(&mut file, &mut hash).map_err(|e| system(path, &e))?;
    Ok(hex(hash))
}

/// A hash as hexadecimal digits.
pub(crate) fn hex(hash: Sha256) -> String {
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A name as a part of a file's name, and no two names as the same.
pub(crate) fn escaped(name: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    name.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

/// A file of rows that come as JSON objects.
#[derive(Debug)]
pub struct Rows {
    path: PathBuf,
    columns: Vec<(String, ColumnType)>,
    file: Target,
}

#[derive(Debug)]
enum Target {
    Parquet(Box<ParquetExport>),
    Lines(LinesExport),
}

impl Rows {
    fn create(path: PathBuf, format: Format, columns: Vec<(String, ColumnType)>) -> Result<Rows> {
        let file = match format {
            Format::Parquet => Target::Parquet(Box::new(ParquetExport::create(&path, true, &columns)?)),
            Format::Json => Target::Lines(LinesExport::create(&path, true)?),
        };
        Ok(Rows { path, columns, file })
    }

    /// Adds rows. Errors: 58030, and those of a value that its column's type cannot hold.
    pub fn write<'r>(&mut self, rows: impl Iterator<Item = &'r str> + Clone) -> Result<()> {
        match &mut self.file {
            Target::Lines(file) => {
                // A line break can only stand between tokens: inside of a text it is escaped.
                rows.into_iter().try_for_each(|row| file.write(&row.replace(['\n', '\r'], " ")))
            }
            Target::Parquet(file) => file.write(&typed(&self.columns, rows)?),
        }
    }

    fn finish(self) -> Result<u64> {
        match self.file {
            Target::Parquet(file) => file.finish(),
            Target::Lines(file) => file.finish(),
        }
    }
}

/// JSON objects as rows of these columns; a column that an object lacks is NULL.
fn typed<'r>(columns: &[(String, ColumnType)], rows: impl Iterator<Item = &'r str>) -> Result<RecordBatch> {
    let parsed = rows.map(serde_json::from_str::<HashMap<String, &RawValue>>);
    let parsed = parsed.collect::<Result<Vec<_>, _>>().map_err(damaged)?;
    let options = Options { time_zone: Some(chrono_tz::UTC), dialect: Dialect::Postgres };
    let mut arrays = Vec::with_capacity(columns.len());
    for (name, ty) in columns {
        let texts = parsed.iter().map(|row| row.get(name).map_or(Ok(None), |raw| text(raw.get(), ty)));
        let texts: ArrayRef = Arc::new(texts.collect::<Result<StringArray>>()?);
        let converted = Converter::new(&DataType::Utf8, ty, &options)?.convert(&texts);
        if let Some(bad) = converted.bad.first() {
            let message = format!("column \"{name}\": value \"{}\" {}", bad.value, bad.reason);
            return Err(Error::new(bad.kind, message).hint("format \"json\" takes it as it is"));
        }
        arrays.push((name, converted.array));
    }
    let fields = arrays.into_iter().map(|(name, array)| (name.as_str(), array, true));
    RecordBatch::try_from_iter_with_nullable(fields).map_err(|e| Error::new(Kind::Internal, e.to_string()))
}

/// A JSON value as the text that its column's type is parsed from.
fn text(raw: &str, ty: &ColumnType) -> Result<Option<String>> {
    Ok(match raw {
        "null" => None,
        quoted if quoted.starts_with('"') && *ty != ColumnType::Json => {
            Some(serde_json::from_str(quoted).map_err(damaged)?)
        }
        plain => Some(plain.to_owned()),
    })
}

fn damaged(error: serde_json::Error) -> Error {
    Error::new(Kind::Internal, "the image of a changed row is not a JSON object").detail(error.to_string())
}

/// The columns of a row that comes as a JSON object, in its order.
pub fn names(row: &str) -> Result<Vec<String>> {
    let row: serde_json::Map<String, serde_json::Value> = serde_json::from_str(row).map_err(damaged)?;
    Ok(row.into_iter().map(|(name, _)| name).collect())
}

#[cfg(test)]
mod tests {
    use arrow::util::display::array_value_to_string;

    use super::*;

    #[test]
    fn no_two_tables_share_a_file() {
        assert_eq!(escaped("jobs_2-a.b"), "jobs_2-a.b");
        assert_eq!(escaped("a/b c%"), "a%2Fb%20c%25");
        assert_eq!(escaped("ä"), "%C3%A4");
    }

    #[test]
    fn rows_get_the_types_of_their_columns() {
        let columns = [
            ("id", ColumnType::Int8),
            ("price", ColumnType::Numeric { limit: Some((12, 2)), exact: true }),
            ("note", ColumnType::Text { max_chars: None }),
            ("doc", ColumnType::Json),
            ("raw", ColumnType::Bytes),
            ("seen", ColumnType::TimestampTz),
        ]
        .map(|(name, ty)| (name.to_owned(), ty));
        let rows = [
            r#"{"id":1,"price":1.50,"note":"a\"b","doc":"x","raw":"\\x00ff","seen":"2024-01-02T03:04:05+00:00"}"#,
            r#"{"id":9007199254740993,"price":null,"note":null,"doc":{"a": 1},"raw":null}"#,
        ];
        let batch = typed(&columns, rows.into_iter()).unwrap();
        let shown = |row: usize| -> Vec<String> {
            batch.columns().iter().map(|c| array_value_to_string(c, row).unwrap()).collect()
        };
        assert_eq!(shown(0), ["1", "1.50", "a\"b", "\"x\"", "00ff", "2024-01-02T03:04:05Z"]);
        assert_eq!(shown(1), ["9007199254740993", "", "", "{\"a\": 1}", "", ""]);
    }

    #[test]
    fn a_value_that_its_type_cannot_hold_is_named() {
        let columns = [("day".to_owned(), ColumnType::Date)];
        let error = typed(&columns, [r#"{"day":"infinity"}"#].into_iter()).unwrap_err();
        assert!(error.message.starts_with("column \"day\": value \"infinity\""), "{error}");
    }
}
