//! Rows of the server into Arrow arrays.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryBuilder, BooleanBuilder, Decimal128Builder, FixedSizeBinaryBuilder, PrimitiveBuilder,
    StringBuilder,
};
use arrow::datatypes::{
    DataType, Date32Type, Field, Float32Type, Float64Type, Int16Type, Int32Type, Int64Type, Schema,
    Time64MicrosecondType, TimestampMicrosecondType,
};
use arrow::record_batch::RecordBatch;
use cutover_core::types::ColumnType;
use cutover_core::value::Value;
use cutover_core::{Error, Kind, Result};
use pgrx::pg_sys::{self, Datum};

use super::{
    EPOCH_DAYS, EPOCH_MICROS, Output, Reader, attribute, attribute_count, numeric, utf8, varlena_bytes,
};

/// The columns of a batch under construction.
pub struct Columns(Vec<Column>);

struct Column {
    name: String,
    arrow: DataType,
    reader: Reader,
    builder: Builder,
}

impl Columns {
    /// Columns of `types` for a result; 42804 where a result's type is no source for one.
    pub fn new(tupdesc: pg_sys::TupleDesc, types: &[ColumnType]) -> Result<Columns> {
        if types.len() != attribute_count(tupdesc) {
            return Err(Error::new(
                Kind::Internal,
                "a fetch names another number of types than its cursor has",
            ));
        }
        let columns = types.iter().zip(Reader::all(tupdesc)).enumerate().map(|(i, (ty, reader))| {
            let (oid, _, name) = attribute(tupdesc, i);
            let builder = Builder::new(ty, oid).ok_or_else(|| {
                let message = format!("column \"{name}\" of the query cannot be read as {}", ty.arrow());
                Error::new(Kind::DatatypeMismatch, message)
            })?;
            Ok(Column { name, arrow: ty.arrow(), reader, builder })
        });
        Ok(Columns(columns.collect::<Result<_>>()?))
    }

    /// Adds a row; 42804, naming the column, for a value that does not fit its type.
    pub fn push(&mut self, row: &[Option<Datum>]) -> Result<()> {
        for (column, datum) in self.0.iter_mut().zip(row) {
            if !column.builder.push(*datum, &mut column.reader)? {
                let shown = column.reader.read(*datum)?;
                return Err(Error::new(
                    Kind::DatatypeMismatch,
                    format!("a value of column \"{}\" does not fit type {}", column.name, column.arrow),
                )
                .detail(format!("The value is {}.", show(&shown))));
            }
        }
        Ok(())
    }

    /// The batch.
    pub fn finish(self) -> Result<RecordBatch> {
        let (fields, arrays): (Vec<_>, Vec<_>) = self
            .0
            .into_iter()
            .map(|mut column| (Field::new(column.name, column.arrow, true), column.builder.finish()))
            .unzip();
        RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)
            .map_err(|error| Error::new(Kind::Internal, error.to_string()))
    }
}

fn show(value: &Value) -> String {
    match value {
        Value::Text(text) => text.chars().take(100).collect(),
        Value::Int(n) => n.to_string(),
        Value::Float(x) => x.to_string(),
        other => format!("{other:?}"),
    }
}

/// An array under construction and where its values come from.
enum Builder {
    Bool(BooleanBuilder),
    Int2(PrimitiveBuilder<Int16Type>),
    Int4(PrimitiveBuilder<Int32Type>),
    Int8(PrimitiveBuilder<Int64Type>),
    Float4(PrimitiveBuilder<Float32Type>),
    Float8(PrimitiveBuilder<Float64Type>),
    Numeric(Decimal128Builder, u8, u32),
    /// text and varchar, as they are.
    Text(StringBuilder),
    /// The text that the type's output function prints.
    Printed(StringBuilder, Output),
    Bytes(BinaryBuilder),
    Date(PrimitiveBuilder<Date32Type>),
    Time(PrimitiveBuilder<Time64MicrosecondType>),
    Timestamp(PrimitiveBuilder<TimestampMicrosecondType>),
    Uuid(FixedSizeBinaryBuilder),
}

impl Builder {
    /// None where values of type `oid` cannot become `ty`.
    fn new(ty: &ColumnType, oid: pg_sys::Oid) -> Option<Builder> {
        let integer = matches!(oid, pg_sys::INT2OID | pg_sys::INT4OID | pg_sys::INT8OID | pg_sys::OIDOID);
        let text = matches!(oid, pg_sys::TEXTOID | pg_sys::VARCHAROID);
        Some(match (ty, ty.arrow()) {
            (ColumnType::Bool, _) if oid == pg_sys::BOOLOID => Builder::Bool(Default::default()),
            (ColumnType::Int2, _) if integer => Builder::Int2(Default::default()),
            (ColumnType::Int4, _) if integer => Builder::Int4(Default::default()),
            (ColumnType::Int8, _) if integer => Builder::Int8(Default::default()),
            (ColumnType::Float4, _) if oid == pg_sys::FLOAT4OID => Builder::Float4(Default::default()),
            (ColumnType::Float8, _) if matches!(oid, pg_sys::FLOAT4OID | pg_sys::FLOAT8OID) => {
                Builder::Float8(Default::default())
            }
            (ColumnType::Numeric { .. }, DataType::Decimal128(precision, scale))
                if oid == pg_sys::NUMERICOID =>
            {
                let builder = Decimal128Builder::new().with_data_type(DataType::Decimal128(precision, scale));
                Builder::Numeric(builder, precision, u32::try_from(scale).ok()?)
            }
            (ColumnType::Bytes, _) if oid == pg_sys::BYTEAOID => Builder::Bytes(Default::default()),
            (ColumnType::Date, _) if oid == pg_sys::DATEOID => Builder::Date(Default::default()),
            (ColumnType::Time, _) if oid == pg_sys::TIMEOID => Builder::Time(Default::default()),
            (ColumnType::Timestamp, _) if oid == pg_sys::TIMESTAMPOID => {
                Builder::Timestamp(Default::default())
            }
            (ColumnType::TimestampTz, _) if oid == pg_sys::TIMESTAMPTZOID => {
                Builder::Timestamp(PrimitiveBuilder::new().with_timezone("UTC"))
            }
            (ColumnType::Uuid, _) if oid == pg_sys::UUIDOID => Builder::Uuid(FixedSizeBinaryBuilder::new(16)),
            (ColumnType::Any, _) => return None,
            (_, DataType::Utf8) if text => Builder::Text(Default::default()),
            (_, DataType::Utf8) => Builder::Printed(Default::default(), Output::of(oid)),
            _ => return None,
        })
    }

    /// Adds a value; false where it does not fit.
    fn push(&mut self, datum: Option<Datum>, reader: &mut Reader) -> Result<bool> {
        let Some(datum) = datum else {
            self.push_null();
            return Ok(true);
        };
        let bits = datum.value();
        Ok(match self {
            Builder::Bool(b) => put(Some(bits as u8 != 0), |v| b.append_value(v)),
            Builder::Int2(b) => put(integer(reader, datum)?, |v| b.append_value(v)),
            Builder::Int4(b) => put(integer(reader, datum)?, |v| b.append_value(v)),
            Builder::Int8(b) => put(integer(reader, datum)?, |v| b.append_value(v)),
            Builder::Float4(b) => put(Some(f32::from_bits(bits as u32)), |v| b.append_value(v)),
            Builder::Float8(b) => match reader.read(Some(datum))? {
                Value::Float(x) => put(Some(x), |v| b.append_value(v)),
                _ => false,
            },
            Builder::Numeric(b, precision, scale) => {
                // SAFETY: numeric is a varlena; the bytes are read at once.
                let value = numeric::decode(unsafe { varlena_bytes(datum) }, *scale);
                let limit = 10u128.pow(u32::from(*precision));
                put(value.filter(|value| value.unsigned_abs() < limit), |v| b.append_value(v))
            }
            // SAFETY: text and bytea are varlenas; the bytes are copied at once.
            Builder::Text(b) => put(Some(utf8(unsafe { varlena_bytes(datum) })?), |v| b.append_value(v)),
            Builder::Bytes(b) => put(Some(unsafe { varlena_bytes(datum) }), |v| b.append_value(v)),
            Builder::Printed(b, output) => put(Some(output.text(datum)?), |v| b.append_value(v)),
            Builder::Date(b) => put(date(bits as i32), |v| b.append_value(v)),
            Builder::Time(b) => put(Some(bits as i64), |v| b.append_value(v)),
            Builder::Timestamp(b) => put(timestamp(bits as i64), |v| b.append_value(v)),
            // SAFETY: a uuid is a pointer to 16 bytes, copied at once.
            Builder::Uuid(b) => {
                let bytes = unsafe { std::slice::from_raw_parts(datum.cast_mut_ptr::<u8>(), 16) };
                b.append_value(bytes).is_ok()
            }
        })
    }

    fn push_null(&mut self) {
        match self {
            Builder::Bool(b) => b.append_null(),
            Builder::Int2(b) => b.append_null(),
            Builder::Int4(b) => b.append_null(),
            Builder::Int8(b) => b.append_null(),
            Builder::Float4(b) => b.append_null(),
            Builder::Float8(b) => b.append_null(),
            Builder::Numeric(b, ..) => b.append_null(),
            Builder::Text(b) | Builder::Printed(b, _) => b.append_null(),
            Builder::Bytes(b) => b.append_null(),
            Builder::Date(b) => b.append_null(),
            Builder::Time(b) => b.append_null(),
            Builder::Timestamp(b) => b.append_null(),
            Builder::Uuid(b) => b.append_null(),
        }
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Builder::Bool(b) => Arc::new(b.finish()),
            Builder::Int2(b) => Arc::new(b.finish()),
            Builder::Int4(b) => Arc::new(b.finish()),
            Builder::Int8(b) => Arc::new(b.finish()),
            Builder::Float4(b) => Arc::new(b.finish()),
            Builder::Float8(b) => Arc::new(b.finish()),
            Builder::Numeric(b, ..) => Arc::new(b.finish()),
            Builder::Text(b) | Builder::Printed(b, _) => Arc::new(b.finish()),
            Builder::Bytes(b) => Arc::new(b.finish()),
            Builder::Date(b) => Arc::new(b.finish()),
            Builder::Time(b) => Arc::new(b.finish()),
            Builder::Timestamp(b) => Arc::new(b.finish()),
            Builder::Uuid(b) => Arc::new(b.finish()),
        }
    }
}

fn put<T>(value: Option<T>, append: impl FnOnce(T)) -> bool {
    value.map(append).is_some()
}

fn integer<T: TryFrom<i64>>(reader: &mut Reader, datum: Datum) -> Result<Option<T>> {
    Ok(reader.read(Some(datum))?.as_int().and_then(|n| T::try_from(n).ok()))
}

/// A date counted from 1970; None for an infinity, which is an end of the type's range.
fn date(days: i32) -> Option<i32> {
    if matches!(days, i32::MIN | i32::MAX) { None } else { days.checked_add(EPOCH_DAYS) }
}

/// A timestamp counted from 1970; None for an infinity, or past what 64 bits can count.
fn timestamp(micros: i64) -> Option<i64> {
    if matches!(micros, i64::MIN | i64::MAX) { None } else { micros.checked_add(EPOCH_MICROS) }
}
