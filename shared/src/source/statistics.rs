//! What the statistics of a file say for sure.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int32Array, Int64Array};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use parquet::basic::{ConvertedType, LogicalType};
use parquet::file::metadata::{ParquetMetaData, RowGroupMetaData};
use parquet::file::statistics::Statistics;
use parquet::schema::types::{SchemaDescriptor, Type};

/// The greatest value of the top-level column `root` in each row group, as an array of the type the
/// column is decoded to; NULL where the file does not say, or where a NULL is in the column. None
/// for a type whose statistics writers disagree about: only signed integers, dates and timestamps
/// have one order that all of them write.
pub(super) fn greatest(
    schema: &SchemaDescriptor,
    meta: &ParquetMetaData,
    root: usize,
    data_type: &DataType,
) -> Option<ArrayRef> {
    let ordered =
        matches!(data_type, DataType::Int32 | DataType::Int64 | DataType::Date32 | DataType::Timestamp(..));
    if !ordered || unsigned(schema.root_schema().get_fields().get(root)?) {
        return None;
    }
    let leaf = (0..schema.num_columns()).find(|leaf| schema.get_column_root_idx(*leaf) == root)?;
    let statistics = |group: &RowGroupMetaData| {
        let statistics = group.columns().get(leaf)?.statistics()?;
        let sure = statistics.null_count_opt() == Some(0) && !statistics.is_min_max_deprecated();
        sure.then(|| statistics.clone())
    };
    let all: Vec<Option<Statistics>> = meta.row_groups().iter().map(statistics).collect();
    let narrow = all.iter().map(|s| match s {
        Some(Statistics::Int32(s)) => s.max_opt().copied(),
        _ => None,
    });
    let wide = all.iter().map(|s| match s {
        Some(Statistics::Int64(s)) => s.max_opt().copied(),
        _ => None,
    });
    // A cast between integers and times keeps the number as it is.
    let plain: ArrayRef = match data_type {
        DataType::Int32 | DataType::Date32 => Arc::new(narrow.collect::<Int32Array>()),
        _ => Arc::new(wide.collect::<Int64Array>()),
    };
    cast(&plain, data_type).ok()
}

fn unsigned(column: &Type) -> bool {
    let info = column.get_basic_info();
    match (info.logical_type_ref(), info.converted_type()) {
        (Some(LogicalType::Integer(int)), _) => !int.is_signed,
        (_, converted) => matches!(
            converted,
            ConvertedType::UINT_8 | ConvertedType::UINT_16 | ConvertedType::UINT_32 | ConvertedType::UINT_64
        ),
    }
}
