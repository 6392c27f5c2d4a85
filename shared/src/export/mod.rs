//! Rows to files: Arrow batches to Parquet, JSON to lines, a batch of changes to its files.

mod batch;
mod json;
mod lines;

pub use batch::{BatchFiles, Format, Rows, names};
pub(crate) use batch::{escaped, hex};
pub use json::JsonExport;
pub use lines::LinesExport;

use std::collections::HashSet;
use std::fmt;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::arrow::{ArrowSchemaConverter, ArrowWriter};
use parquet::basic::{Compression, LogicalType, Repetition, Type as Physical, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::schema::types::{SchemaDescriptor, Type, TypePtr};
use tempfile::NamedTempFile;

use crate::convert::{Converter, Options};
use crate::error::{Error, Kind, Result};
use crate::failpoint;
use crate::session::Dialect;
use crate::types::ColumnType;

/// The most rows in a row group.
const GROUP_ROWS: usize = 1_048_576;
/// A row group is ended when it takes this much memory, in bytes.
const GROUP_BYTES: usize = 64 * 1024 * 1024;

/// A Parquet file being written. It appears under its name only when it is finished; dropped
/// before that, it leaves nothing.
pub struct ParquetExport {
    path: PathBuf,
    overwrite: bool,
    schema: SchemaRef,
    types: Vec<ColumnType>,
    writer: ArrowWriter<NamedTempFile>,
    rows: u64,
}

impl fmt::Debug for ParquetExport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParquetExport")
            .field("path", &self.path)
            .field("rows", &self.rows)
            .finish_non_exhaustive()
    }
}

impl ParquetExport {
    /// Starts a file with these columns, in a temporary file beside its final place that only its
    /// owner can read.
    ///
    /// A numeric column without precision is written as text, JSON and UUIDs with their logical
    /// types, everything else as [`ColumnType::arrow`] says.
    ///
    /// Errors: 58P02 where `path` exists and `overwrite` is false, 58P01 where its folder does
    /// not exist, 42809 where `path` is no regular file, 42701 for two columns of one name, 22023
    /// for no columns, 58030 for the operating system's errors.
    pub fn create(path: &Path, overwrite: bool, columns: &[(String, ColumnType)]) -> Result<Self> {
        check_names(columns)?;
        check_free(path, overwrite)?;
        let fields = columns.iter().map(|(name, ty)| Field::new(name, ty.arrow(), true));
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        let options = options(&schema, columns).map_err(|e| failed(path, &e))?;
        let file = temporary(path)?;
        let writer = ArrowWriter::try_new_with_options(file, Arc::clone(&schema), options)
            .map_err(|e| failed(path, &e))?;
        let types = columns.iter().map(|(_, ty)| ty.clone()).collect();
        Ok(ParquetExport { path: path.to_path_buf(), overwrite, schema, types, writer, rows: 0 })
    }

    /// Adds rows: as many columns as declared, of the types that [`ColumnType::arrow`] allows.
    /// Errors: 58030; XX000 for a batch that does not fit the declared columns.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        if batch.num_columns() != self.types.len() {
            return Err(Error::new(
                Kind::Internal,
                "an export got another number of columns than it declared",
            ));
        }
        let wanted = self.types.iter().zip(self.schema.fields());
        let arrays = wanted
            .zip(batch.columns())
            .map(|((ty, field), array)| fitted(array, ty, field.data_type()))
            .collect::<Result<Vec<_>>>()?;
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), arrays).map_err(|e| {
            Error::new(Kind::Internal, "an export got other types than it declared").detail(e.to_string())
        })?;
        self.writer.write(&batch).map_err(|e| failed(&self.path, &e))?;
        if self.writer.memory_size() > GROUP_BYTES || self.writer.in_progress_size() > GROUP_BYTES {
            self.writer.flush().map_err(|e| failed(&self.path, &e))?;
        }
        self.rows = self.rows.saturating_add(batch.num_rows() as u64);
        Ok(())
    }

    /// Makes the file durable, gives it its name and returns its rows.
    /// Errors: 58P02 where a file of that name has come up meanwhile, 58030.
    pub fn finish(self) -> Result<u64> {
        let ParquetExport { path, overwrite, writer, rows, .. } = self;
        let file = writer.into_inner().map_err(|e| failed(&path, &e))?;
        persist(file, &path, overwrite)?;
        Ok(rows)
    }
}

/// Fails where there is something that an export may not replace: 58P02, and 42809 for what is no file.
pub(crate) fn check_free(path: &Path, overwrite: bool) -> Result<()> {
    match path.symlink_metadata() {
        Ok(_) if !overwrite => Err(exists(path)),
        Ok(found) if !found.is_file() => {
            Err(Error::new(Kind::WrongObjectType, format!("\"{}\" is not a regular file", path.display())))
        }
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(system(path, &error)),
    }
}

/// A new file beside the final place of one, which only its owner can read.
pub(crate) fn temporary(path: &Path) -> Result<NamedTempFile> {
    // O_EXCL and mode 0600 are what this crate does.
    let builder = &mut tempfile::Builder::new();
    let builder = builder.prefix(".cutover-").suffix(".part");
    builder.tempfile_in(folder(path)).map_err(|e| system(path, &e))
}

/// Makes a file durable and gives it its name. Errors: 58P02 where there is one of that name that it
/// may not replace, 58030.
pub(crate) fn persist(file: NamedTempFile, path: &Path, overwrite: bool) -> Result<()> {
    file.as_file().sync_all().map_err(|e| system(path, &e))?;
    failpoint::passed("wrote the file");
    let renamed = if overwrite { file.persist(path) } else { file.persist_noclobber(path) };
    renamed.map_err(|e| match e.error.kind() {
        io::ErrorKind::AlreadyExists => exists(path),
        _ => system(path, &e.error),
    })?;
    failpoint::passed("named the file");
    File::open(folder(path)).and_then(|folder| folder.sync_all()).map_err(|e| system(path, &e))
}

/// The folder of a path; the working directory for a plain name.
pub(crate) fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

fn check_names(columns: &[(String, ColumnType)]) -> Result<()> {
    if columns.is_empty() {
        return Err(Error::new(Kind::InvalidParameter, "nothing to export: there are no columns"));
    }
    let mut seen = HashSet::new();
    match columns.iter().find(|(name, _)| !seen.insert(name)) {
        Some((name, _)) => {
            Err(Error::new(Kind::DuplicateColumn, format!("two columns are named \"{name}\""))
                .hint("Give each column of the query a name of its own."))
        }
        None => Ok(()),
    }
}

fn options(schema: &Schema, columns: &[(String, ColumnType)]) -> Result<ArrowWriterOptions, ParquetError> {
    let plain = ArrowSchemaConverter::new().convert(schema)?;
    let fields = plain.root_schema().get_fields().iter().zip(columns);
    let fields = fields.map(|(field, (name, ty))| annotated(field, name, ty)).collect::<Result<_, _>>()?;
    let root = Type::group_type_builder(plain.root_schema().name()).with_fields(fields).build()?;
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .set_max_row_group_row_count(Some(GROUP_ROWS))
        .set_created_by(format!("cutover {}", crate::VERSION))
        .build();
    Ok(ArrowWriterOptions::new()
        .with_properties(properties)
        .with_skip_arrow_metadata(true)
        .with_parquet_schema(SchemaDescriptor::new(Arc::new(root))))
}

/// The column with the logical type that Arrow has no word for.
fn annotated(field: &TypePtr, name: &str, ty: &ColumnType) -> Result<TypePtr, ParquetError> {
    let column = match ty {
        ColumnType::Json => Type::primitive_type_builder(name, Physical::BYTE_ARRAY)
            .with_logical_type(Some(LogicalType::Json)),
        ColumnType::Uuid => Type::primitive_type_builder(name, Physical::FIXED_LEN_BYTE_ARRAY)
            .with_length(16)
            .with_logical_type(Some(LogicalType::Uuid)),
        _ => return Ok(Arc::clone(field)),
    };
    Ok(Arc::new(column.with_repetition(Repetition::OPTIONAL).build()?))
}

/// An array of exactly the type that the file has for its column.
fn fitted(array: &ArrayRef, ty: &ColumnType, wanted: &DataType) -> Result<ArrayRef> {
    if array.data_type() == wanted {
        return Ok(Arc::clone(array));
    }
    let text = ColumnType::Text { max_chars: None };
    let ty = if *wanted == DataType::Utf8 { &text } else { ty };
    let options = Options { time_zone: None, dialect: Dialect::Postgres };
    let converted = Converter::new(array.data_type(), ty, &options)?.convert(array);
    match converted.bad.first() {
        Some(bad) => Err(Error::new(bad.kind, format!("value \"{}\" {}", bad.value, bad.reason))),
        None => Ok(converted.array),
    }
}

fn exists(path: &Path) -> Error {
    Error::new(Kind::DuplicateFile, format!("file \"{}\" exists", path.display()))
        .hint("Choose another name, or set overwrite to replace it.")
}

/// An error of the operating system for a file: 58P01 where it is not there, else 58030.
pub(crate) fn system(path: &Path, error: &io::Error) -> Error {
    let kind = if error.kind() == io::ErrorKind::NotFound { Kind::UndefinedFile } else { Kind::Io };
    Error::new(kind, format!("file \"{}\" cannot be written", path.display())).detail(format!("{error}."))
}

fn failed(path: &Path, error: &ParquetError) -> Error {
    Error::new(Kind::Io, format!("file \"{}\" cannot be written", path.display())).detail(format!("{error}."))
}
