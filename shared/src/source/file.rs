//! One Parquet file while it is open: its footer, and its rows batch by batch.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BinaryArray, FixedSizeBinaryArray, IntervalMonthDayNanoArray, StringArray,
};
use arrow::datatypes::{Field, Fields, IntervalMonthDayNano, Schema, SchemaRef};
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use parquet::arrow::arrow_reader::ParquetRecordBatchReader;
use parquet::arrow::{
    FieldLevels, ProjectionMask, parquet_to_arrow_field_levels, parquet_to_arrow_schema_by_columns,
};
use parquet::errors::ParquetError;
use parquet::file::metadata::{
    ParquetMetaData, ParquetMetaDataOptions, ParquetMetaDataReader, ParquetStatisticsPolicy,
};
use parquet::schema::types::SchemaDescriptor;

use super::decode::contained;
use super::files::{self, Identity, require_same};
use super::guard::{self, MAX_FOOTER, Refusal};
use super::input::Input;
use super::natural::{self, Finish};
use super::pages::{Refused, RowGroup};
use super::parquet::lacks;
use super::statistics::greatest;
use super::{Skips, SourceColumn};
use crate::error::{Error, Kind, Result};

/// The length of a file's end: four bytes of footer length and the magic number.
const TAIL: u64 = 8;

#[derive(Debug)]
pub(super) struct OpenFile {
    pub(super) path: Arc<Path>,
    pub(super) identity: Identity,
    input: Arc<Input>,
    /// The schema as the file has it.
    schema: Arc<SchemaDescriptor>,
    /// The footer, read by the schema to decode by.
    meta: Arc<ParquetMetaData>,
    /// Every column as it is decoded, in the file's order.
    fields: Fields,
    plan: Option<Plan>,
}

/// What is read, and how far reading has come.
#[derive(Debug)]
struct Plan {
    levels: FieldLevels,
    /// The leaves to read.
    leaves: Vec<usize>,
    /// For each projected column: its place among the decoded ones, and what is done to it.
    columns: Vec<(usize, Finish)>,
    /// The row groups that are left out.
    skipped: Vec<bool>,
    next_group: usize,
    reader: Option<ParquetRecordBatchReader>,
    /// Rows read of this file, and those that the row groups begun so far promise.
    row: u64,
    promised: u64,
}

impl OpenFile {
    /// Opens a file and reads its footer, with the statistics of `narrowed`. With `expected`, it must
    /// still be that file (55000).
    pub(super) fn open(path: Arc<Path>, expected: Option<Identity>, narrowed: Option<&str>) -> Result<Self> {
        let (file, identity) = files::open(&path)?;
        if let Some(expected) = expected {
            require_same(&path, expected, identity)?;
        }
        let input = Arc::new(Input::new(file, identity.size));
        let footer = read_footer(&path, &input)?;
        guard::check_footer(&footer).map_err(|refusal| refused(&path, refusal))?;
        let decoded = contained(|| decode_footer(&footer, narrowed));
        let (schema, meta, fields) = settle(&path, &input, decoded)?;
        check_rows(&path, &meta)?;
        Ok(OpenFile { path, identity, input, schema, meta: Arc::new(meta), fields, plan: None })
    }

    /// How many rows the footer promises.
    pub(super) fn rows(&self) -> u64 {
        self.meta.row_groups().iter().filter_map(|g| u64::try_from(g.num_rows()).ok()).sum()
    }

    pub(super) fn columns(&self) -> Vec<SourceColumn> {
        let columns = self.schema.root_schema().get_fields();
        let one = |(field, column): (&Arc<Field>, &Arc<parquet::schema::types::Type>)| {
            let data_type = natural::finished_type(field.data_type(), natural::finish(column));
            SourceColumn {
                name: column.name().to_owned(),
                natural: natural::natural(column, &data_type),
                data_type,
                source_type: natural::spell(column),
                nullable: field.is_nullable(),
            }
        };
        self.fields.iter().zip(columns).map(one).collect()
    }

    /// Starts reading these columns, in this order.
    pub(super) fn project(&mut self, names: &[String]) -> Result<()> {
        let columns = self.schema.root_schema().get_fields();
        let mut roots = Vec::with_capacity(names.len());
        for name in names {
            let place = columns.iter().position(|column| column.name() == name);
            roots.push(place.ok_or_else(|| lacks(&self.path, name))?);
        }
        let mut sorted = roots.clone();
        sorted.sort_unstable();
        let columns = roots
            .iter()
            .filter_map(|root| Some((sorted.binary_search(root).ok()?, natural::finish(columns.get(*root)?))))
            .collect();
        let schema = self.meta.file_metadata().schema_descr_ptr();
        let leaves = (0..schema.num_columns())
            .filter(|leaf| sorted.binary_search(&schema.get_column_root_idx(*leaf)).is_ok())
            .collect();
        let levels = contained(|| {
            let mask = ProjectionMask::roots(&schema, sorted.iter().copied());
            parquet_to_arrow_field_levels(&schema, mask, Some(&self.fields))
        });
        let levels = settle(&self.path, &self.input, levels)?;
        self.plan = Some(Plan {
            levels,
            leaves,
            columns,
            skipped: Vec::new(),
            next_group: 0,
            reader: None,
            row: 0,
            promised: 0,
        });
        Ok(())
    }

    pub(super) fn row_groups(&self) -> usize {
        self.meta.num_row_groups()
    }

    /// Leaves out the row groups whose greatest value of `column` `skips` says so of; returns how many.
    pub(super) fn narrow(&mut self, column: &str, skips: &Skips) -> usize {
        let root = self.schema.root_schema().get_fields().iter().position(|c| c.name() == column);
        let skipped = root.and_then(|root| {
            let field = self.fields.get(root)?;
            contained(|| greatest(&self.schema, &self.meta, root, field.data_type()).map(|g| (skips.0)(&g)))
                .ok()?
        });
        let skipped = skipped.unwrap_or_default();
        let count = skipped.iter().filter(|skip| **skip).count();
        if let Some(plan) = &mut self.plan {
            plan.skipped = skipped;
        }
        count
    }

    /// The next rows and the place of the first of them in the file.
    pub(super) fn next(&mut self) -> Result<Option<(u64, RecordBatch)>> {
        let Some(plan) = &mut self.plan else {
            return Ok(None);
        };
        loop {
            if let Some(reader) = &mut plan.reader {
                let decoded = contained(|| reader.next().transpose().map_err(ParquetError::from));
                if let Some(batch) = settle(&self.path, &self.input, decoded)? {
                    let first = plan.row;
                    plan.row = plan.row.saturating_add(batch.num_rows() as u64);
                    if plan.row > plan.promised {
                        break;
                    }
                    let batch = contained(|| finish(&batch, &plan.columns));
                    return Ok(Some((first, settle(&self.path, &self.input, batch)?)));
                }
                plan.reader = None;
                if plan.row != plan.promised {
                    break;
                }
            }
            let Some(group) = self.meta.row_groups().get(plan.next_group) else {
                return Ok(None);
            };
            plan.promised = plan.promised.saturating_add(u64::try_from(group.num_rows()).unwrap_or(0));
            if plan.skipped.get(plan.next_group).is_some_and(|skip| *skip) {
                plan.row = plan.promised;
                plan.next_group += 1;
                continue;
            }
            let rows = RowGroup::new(Arc::clone(&self.input), Arc::clone(&self.meta), plan.next_group);
            plan.next_group += 1;
            if plan.columns.is_empty() {
                let (first, count) = (plan.row, plan.promised - plan.row);
                plan.row = plan.promised;
                return Ok(Some((first, without_columns(count)?)));
            }
            let reader = contained(|| {
                let batch = rows.check(plan.leaves.iter().copied())?;
                ParquetRecordBatchReader::try_new_with_row_groups(&plan.levels, &rows, batch, None)
                    .map_err(Refused::Decoder)
            });
            let reader = match reader {
                Ok(Err(Refused::By(refusal))) => return Err(refused(&self.path, refusal)),
                Ok(Err(Refused::Decoder(error))) => Ok(Err(error)),
                Ok(Ok(reader)) => Ok(Ok(reader)),
                Err(panic) => Err(panic),
            };
            plan.reader = Some(settle(&self.path, &self.input, reader)?);
        }
        Err(bad_file(&self.path, "A row group has another number of rows than it claims."))
    }

    /// Fails with 55000 where the file is not what it was when it was opened.
    pub(super) fn check_unchanged(&self) -> Result<()> {
        let meta = self.input.file.metadata().map_err(|e| files::system(&self.path, &e))?;
        require_same(&self.path, self.identity, Identity::of(&meta))
    }
}

/// Reads the footer's bytes, which lie before the length and the magic number at the file's end.
fn read_footer(path: &Path, input: &Input) -> Result<Vec<u8>> {
    let Some(tail_start) = input.size.checked_sub(TAIL).filter(|start| *start >= 4) else {
        return Err(bad_file(path, &format!("It has {} bytes, too few for a footer.", input.size)));
    };
    let tail = input.read(tail_start, 8).map_err(|e| files::system(path, &e))?;
    let (length, magic) = tail.split_at_checked(4).unwrap_or_default();
    if magic == b"PARE" {
        return Err(refused(path, Refusal::Encrypted));
    }
    if magic != b"PAR1" {
        return Err(bad_file(path, "It does not end with the magic number PAR1."));
    }
    let length = u64::from(length.try_into().map(u32::from_le_bytes).unwrap_or(u32::MAX));
    if length > MAX_FOOTER {
        let what = format!("Its footer has {length} bytes; at most {MAX_FOOTER} are read.");
        return Err(refused(path, Refusal::Limit(what)));
    }
    let Some(start) = tail_start.checked_sub(length) else {
        return Err(bad_file(path, &format!("Its footer of {length} bytes is longer than the file.")));
    };
    input.read(start, usize::try_from(length).unwrap_or(0)).map_err(|e| files::system(path, &e))
}

type Footer = (Arc<SchemaDescriptor>, ParquetMetaData, Fields);

fn decode_footer(footer: &[u8], narrowed: Option<&str>) -> Result<Footer, ParquetError> {
    let schema = ParquetMetaDataReader::decode_schema(footer)?;
    let relaxed = Arc::new(natural::relaxed(&schema)?);
    let options = ParquetMetaDataOptions::new()
        .with_schema(Arc::clone(&relaxed))
        .with_column_stats_policy(statistics_of(&schema, narrowed))
        .with_size_stats_policy(ParquetStatisticsPolicy::SkipAll)
        .with_encoding_stats_policy(ParquetStatisticsPolicy::SkipAll);
    let meta = ParquetMetaDataReader::decode_metadata_with_options(footer, Some(&options))?;
    let decoded = parquet_to_arrow_schema_by_columns(&relaxed, ProjectionMask::all(), None)?;
    if decoded.fields.len() != schema.root_schema().get_fields().len() {
        return Err(ParquetError::General("the schema has a column without values".to_owned()));
    }
    Ok((schema, meta, natural::wanted(&decoded.fields, &relaxed)))
}

/// Only the statistics that are asked for are decoded.
fn statistics_of(schema: &SchemaDescriptor, narrowed: Option<&str>) -> ParquetStatisticsPolicy {
    let leaves = (0..schema.num_columns())
        .filter(|leaf| narrowed.is_some_and(|name| schema.get_column_root(*leaf).name() == name));
    ParquetStatisticsPolicy::skip_except(&leaves.collect::<Vec<_>>())
}

/// Row counts that contradict each other would be believed by whoever asks for them.
fn check_rows(path: &Path, meta: &ParquetMetaData) -> Result<()> {
    let mut sum = 0_i64;
    for group in meta.row_groups() {
        let rows = group.num_rows();
        sum = match sum.checked_add(rows) {
            Some(sum) if rows >= 0 => sum,
            _ => return Err(bad_file(path, "A row group has an impossible number of rows.")),
        };
        if group.num_columns() != meta.file_metadata().schema_descr().num_columns() {
            return Err(bad_file(path, "A row group has another number of columns than the schema."));
        }
    }
    if sum != meta.file_metadata().num_rows() {
        let what = format!("It claims {} rows, its row groups {sum}.", meta.file_metadata().num_rows());
        return Err(bad_file(path, &what));
    }
    Ok(())
}

/// The projected columns in their order, finished.
fn finish(batch: &RecordBatch, columns: &[(usize, Finish)]) -> Result<RecordBatch, ParquetError> {
    let mut fields = Vec::with_capacity(columns.len());
    let mut arrays = Vec::with_capacity(columns.len());
    let schema = batch.schema_ref();
    for (place, finish) in columns {
        let array = match finish {
            Finish::Nothing => Arc::clone(batch.column(*place)),
            Finish::Text => text(batch.column(*place)),
            Finish::Interval => interval(batch.column(*place))?,
        };
        let field = schema.field(*place);
        fields.push(Field::new(field.name(), array.data_type().clone(), field.is_nullable()));
        arrays.push(array);
    }
    let schema: SchemaRef = Arc::new(Schema::new(fields));
    Ok(RecordBatch::try_new(schema, arrays)?)
}

/// Bytes as text, where all of them are UTF-8.
fn text(array: &ArrayRef) -> ArrayRef {
    let Some(bytes) = array.as_any().downcast_ref::<BinaryArray>() else {
        return Arc::clone(array);
    };
    let (offsets, values, nulls) = bytes.clone().into_parts();
    match StringArray::try_new(offsets, values, nulls) {
        Ok(text) => Arc::new(text),
        Err(_) => Arc::clone(array),
    }
}

fn interval(array: &ArrayRef) -> Result<ArrayRef, ParquetError> {
    let wrong = || ParquetError::General("an interval is malformed".to_owned());
    let bytes = array.as_any().downcast_ref::<FixedSizeBinaryArray>().ok_or_else(wrong)?;
    let one = |bytes: &[u8]| -> Option<IntervalMonthDayNano> {
        let (months, rest) = bytes.split_first_chunk()?;
        let (days, rest) = rest.split_first_chunk()?;
        let millis = i64::from(u32::from_le_bytes(rest.try_into().ok()?));
        let months = i32::try_from(u32::from_le_bytes(*months)).ok()?;
        let days = i32::try_from(u32::from_le_bytes(*days)).ok()?;
        Some(IntervalMonthDayNano::new(months, days, millis.checked_mul(1_000_000)?))
    };
    let values = bytes.iter().map(|value| value.map(|v| one(v).ok_or_else(wrong)).transpose());
    Ok(Arc::new(values.collect::<Result<IntervalMonthDayNanoArray, _>>()?))
}

fn without_columns(rows: u64) -> Result<RecordBatch> {
    let rows = usize::try_from(rows).unwrap_or(usize::MAX);
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(Arc::new(Schema::empty()), Vec::new(), &options)
        .map_err(|e| Error::new(Kind::Internal, e.to_string()))
}

/// The outcome of decoding as a result of ours.
fn settle<T>(path: &Path, input: &Input, outcome: Result<Result<T, ParquetError>, String>) -> Result<T> {
    let (how, error) = match outcome {
        Ok(Ok(value)) => return Ok(value),
        Ok(Err(error)) => ("Its data cannot be decoded", error.to_string()),
        Err(panic) => ("The decoder gave up on its data", panic),
    };
    if let Some(refusal) = input.take_refusal() {
        return Err(refused(path, refusal));
    }
    if error.to_lowercase().contains("utf-8") {
        return Err(Error::new(
            Kind::BadCharacter,
            format!("file \"{}\" holds text that is not UTF-8", path.display()),
        ));
    }
    if error.contains("index overflow") {
        return Err(refused(
            path,
            Refusal::Limit("A column holds too much text in one batch of rows.".to_owned()),
        ));
    }
    Err(bad_file(path, &format!("{how}: {}.", error.trim_end_matches('.'))))
}

fn refused(path: &Path, refusal: Refusal) -> Error {
    match refusal {
        Refusal::Damaged(what) => bad_file(path, &what),
        Refusal::Limit(what) => {
            Error::new(Kind::LimitExceeded, format!("file \"{}\" exceeds a limit", path.display()))
                .detail(what)
        }
        Refusal::Encrypted => {
            Error::new(Kind::NotSupported, format!("file \"{}\" is encrypted", path.display()))
                .hint("Write it without encryption.")
        }
    }
}

fn bad_file(path: &Path, detail: &str) -> Error {
    Error::new(Kind::BadFile, format!("file \"{}\" is not a valid Parquet file", path.display()))
        .detail(detail)
}
