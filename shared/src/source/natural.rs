//! How the columns of a Parquet file are read, and which column type holds each of them.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, FieldRef, Fields, IntervalUnit, TimeUnit};
use parquet::basic::{ConvertedType, LogicalType, Repetition, TimeUnit as ParquetUnit, Type as Physical};
use parquet::errors::ParquetError;
use parquet::schema::types::{SchemaDescriptor, Type, TypePtr};

use crate::types::ColumnType;

/// What is done to a column after decoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Finish {
    Nothing,
    /// Bytes that are text, where they are UTF-8. The decoder would fail the whole file for one
    /// bad value.
    Text,
    /// Twelve bytes that are months, days and milliseconds. The decoder would drop the months.
    Interval,
}

/// What is done to a top-level column after decoding it by [`relaxed`]'s schema.
pub(super) fn finish(column: &Type) -> Finish {
    if !column.is_primitive() || repeated(column) {
        return Finish::Nothing;
    }
    let info = column.get_basic_info();
    match (column.get_physical_type(), info.logical_type_ref(), info.converted_type()) {
        (Physical::FIXED_LEN_BYTE_ARRAY, None, ConvertedType::INTERVAL) => Finish::Interval,
        (Physical::BYTE_ARRAY, Some(LogicalType::String | LogicalType::Json | LogicalType::Enum), _)
        | (Physical::BYTE_ARRAY, None, ConvertedType::UTF8 | ConvertedType::JSON | ConvertedType::ENUM) => {
            Finish::Text
        }
        _ => Finish::Nothing,
    }
}

fn repeated(column: &Type) -> bool {
    let info = column.get_basic_info();
    info.has_repetition() && info.repetition() == Repetition::REPEATED
}

/// Integers that the decoder would cut to 8 or 16 bits without looking.
fn is_narrow(column: &Type) -> bool {
    let info = column.get_basic_info();
    column.get_physical_type() == Physical::INT32
        && match (info.logical_type_ref(), info.converted_type()) {
            (Some(LogicalType::Integer(int)), _) => matches!(int.bit_width, 8 | 16),
            (None, converted) => matches!(
                converted,
                ConvertedType::INT_8 | ConvertedType::INT_16 | ConvertedType::UINT_8 | ConvertedType::UINT_16
            ),
            _ => false,
        }
}

/// The schema to decode by: the file's, less the annotations of top-level columns at which the
/// decoder would lose values or fail where we can do better.
pub(super) fn relaxed(schema: &SchemaDescriptor) -> Result<SchemaDescriptor, ParquetError> {
    let root = schema.root_schema();
    let fields = root.get_fields().iter().map(relaxed_field).collect::<Result<Vec<TypePtr>, _>>()?;
    let root = Type::group_type_builder(root.name()).with_fields(fields).build()?;
    Ok(SchemaDescriptor::new(Arc::new(root)))
}

fn relaxed_field(field: &TypePtr) -> Result<TypePtr, ParquetError> {
    let plain =
        field.is_primitive() && !repeated(field) && (finish(field) != Finish::Nothing || is_narrow(field));
    let Type::PrimitiveType { basic_info, physical_type, type_length, .. } = field.as_ref() else {
        return Ok(Arc::clone(field));
    };
    if !plain {
        return Ok(Arc::clone(field));
    }
    let mut builder =
        Type::primitive_type_builder(basic_info.name(), *physical_type).with_length(*type_length);
    if basic_info.has_repetition() {
        builder = builder.with_repetition(basic_info.repetition());
    }
    Ok(Arc::new(builder.build()?))
}

/// The Arrow types to ask the decoder for: those it would choose, save that INT96 becomes
/// microseconds, because nanoseconds overflow silently outside of 1677 to 2262.
pub(super) fn wanted(fields: &Fields, schema: &SchemaDescriptor) -> Fields {
    let columns = schema.root_schema().get_fields();
    let one = |(field, column): (&FieldRef, &TypePtr)| {
        if column.is_primitive() && column.get_physical_type() == Physical::INT96 && !repeated(column) {
            let us = DataType::Timestamp(TimeUnit::Microsecond, None);
            return Arc::new(Field::new(field.name(), us, field.is_nullable()));
        }
        Arc::clone(field)
    };
    fields.iter().zip(columns).map(one).collect()
}

/// The Arrow type of a column after [`finish`].
pub(super) fn finished_type(decoded: &DataType, finish: Finish) -> DataType {
    match finish {
        Finish::Nothing => decoded.clone(),
        Finish::Text => DataType::Utf8,
        Finish::Interval => DataType::Interval(IntervalUnit::MonthDayNano),
    }
}

/// The column type that holds every value of a column.
pub(super) fn natural(column: &Type, finished: &DataType) -> ColumnType {
    let info = column.get_basic_info();
    if column.is_primitive() && !repeated(column) {
        match (info.logical_type_ref(), info.converted_type()) {
            (Some(LogicalType::Json), _) | (None, ConvertedType::JSON) => return ColumnType::Json,
            (Some(LogicalType::Uuid), _) => return ColumnType::Uuid,
            _ => {}
        }
        if is_narrow(column) {
            let wide = match (info.logical_type_ref(), info.converted_type()) {
                (Some(LogicalType::Integer(int)), _) => !int.is_signed && int.bit_width == 16,
                (_, converted) => converted == ConvertedType::UINT_16,
            };
            return if wide { ColumnType::Int4 } else { ColumnType::Int2 };
        }
        if matches!(finished, DataType::FixedSizeBinary(_)) {
            return ColumnType::Bytes;
        }
    }
    crate::convert::natural(finished)
}

/// How Parquet spells a column's type: `INT64 / Timestamp(us, UTC)`.
pub(super) fn spell(column: &Type) -> String {
    let info = column.get_basic_info();
    let converted = info.converted_type();
    let annotation = match info.logical_type_ref() {
        Some(logical) => Some(spell_logical(logical)),
        None if converted == ConvertedType::NONE => None,
        None => Some(spell_converted(column, converted)),
    };
    let base = match column {
        Type::PrimitiveType { physical_type: Physical::FIXED_LEN_BYTE_ARRAY, type_length, .. } => {
            format!("FIXED_LEN_BYTE_ARRAY({type_length})")
        }
        Type::PrimitiveType { physical_type, .. } => physical_type.to_string(),
        Type::GroupType { .. } => "group".to_owned(),
    };
    let base = if repeated(column) { format!("repeated {base}") } else { base };
    match annotation {
        Some(annotation) => format!("{base} / {annotation}"),
        None => base,
    }
}

fn spell_unit(unit: &ParquetUnit) -> &'static str {
    match unit {
        ParquetUnit::MILLIS => "ms",
        ParquetUnit::MICROS => "us",
        ParquetUnit::NANOS => "ns",
    }
}

fn spell_logical(logical: &LogicalType) -> String {
    match logical {
        LogicalType::Timestamp(t) if t.is_adjusted_to_u_t_c => {
            format!("Timestamp({}, UTC)", spell_unit(&t.unit))
        }
        LogicalType::Timestamp(t) => format!("Timestamp({})", spell_unit(&t.unit)),
        LogicalType::Time(t) => format!("Time({})", spell_unit(&t.unit)),
        LogicalType::Decimal(d) => format!("Decimal({}, {})", d.precision, d.scale),
        LogicalType::Integer(i) => format!("{}({})", if i.is_signed { "Int" } else { "UInt" }, i.bit_width),
        LogicalType::String => "String".to_owned(),
        LogicalType::Map => "Map".to_owned(),
        LogicalType::List => "List".to_owned(),
        LogicalType::Enum => "Enum".to_owned(),
        LogicalType::Date => "Date".to_owned(),
        LogicalType::Unknown => "Null".to_owned(),
        LogicalType::Json => "Json".to_owned(),
        LogicalType::Bson => "Bson".to_owned(),
        LogicalType::Uuid => "Uuid".to_owned(),
        LogicalType::Float16 => "Float16".to_owned(),
        _ => "other".to_owned(),
    }
}

fn spell_converted(column: &Type, converted: ConvertedType) -> String {
    let text = match converted {
        ConvertedType::UTF8 => "String",
        ConvertedType::MAP | ConvertedType::MAP_KEY_VALUE => "Map",
        ConvertedType::LIST => "List",
        ConvertedType::ENUM => "Enum",
        ConvertedType::DATE => "Date",
        ConvertedType::TIME_MILLIS => "Time(ms)",
        ConvertedType::TIME_MICROS => "Time(us)",
        ConvertedType::TIMESTAMP_MILLIS => "Timestamp(ms, UTC)",
        ConvertedType::TIMESTAMP_MICROS => "Timestamp(us, UTC)",
        ConvertedType::JSON => "Json",
        ConvertedType::BSON => "Bson",
        ConvertedType::INTERVAL => "Interval",
        ConvertedType::DECIMAL => match column {
            Type::PrimitiveType { precision, scale, .. } => return format!("Decimal({precision}, {scale})"),
            Type::GroupType { .. } => "Decimal",
        },
        other => return other.to_string(),
    };
    text.to_owned()
}
