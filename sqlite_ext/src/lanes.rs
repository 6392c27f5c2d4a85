//! One column of a batch on its way into SQLite: Arrow values as results of a virtual table.

use std::ffi::{c_char, c_void};

use arrow::array::*;
use arrow::datatypes::{DataType, TimeUnit};
use cutover_core::convert::text;
use cutover_core::session::LoadColumn;
use cutover_core::types::ColumnType;
use cutover_core::{Error, Kind, Result};
use rusqlite::ffi;

/// A column of known type, looked up once per batch instead of once per value.
pub enum Lane {
    Null,
    Bool(BooleanArray),
    Int16(Int16Array),
    Int32(Int32Array),
    Int64(Int64Array),
    Float32(Float32Array),
    Float64(Float64Array),
    Decimal(Decimal128Array, i8),
    Text(StringArray),
    LongText(LargeStringArray),
    Bytes(BinaryArray),
    LongBytes(LargeBinaryArray),
    FixedBytes(FixedSizeBinaryArray),
    Uuid(FixedSizeBinaryArray),
    Date(Date32Array),
    Time(Time64MicrosecondArray),
    Timestamp(TimestampMicrosecondArray),
    TimestampTz(TimestampMicrosecondArray),
}

impl Lane {
    /// The lane for an array; 42804 for an Arrow type that no column takes, 22003 for NaN, which
    /// SQLite would turn into NULL.
    pub fn new(column: &LoadColumn, array: &dyn Array) -> Result<Self> {
        let lane = match array.data_type() {
            DataType::Null => Lane::Null,
            DataType::Boolean => Lane::Bool(array.as_boolean().clone()),
            DataType::Int16 => Lane::Int16(array.as_primitive().clone()),
            DataType::Int32 => Lane::Int32(array.as_primitive().clone()),
            DataType::Int64 => Lane::Int64(array.as_primitive().clone()),
            DataType::Float32 => Lane::Float32(array.as_primitive().clone()),
            DataType::Float64 => Lane::Float64(array.as_primitive().clone()),
            DataType::Decimal128(_, scale) => Lane::Decimal(array.as_primitive().clone(), *scale),
            DataType::Utf8 => Lane::Text(array.as_string().clone()),
            DataType::LargeUtf8 => Lane::LongText(array.as_string().clone()),
            DataType::Binary => Lane::Bytes(array.as_binary().clone()),
            DataType::LargeBinary => Lane::LongBytes(array.as_binary().clone()),
            DataType::FixedSizeBinary(16) if column.ty != ColumnType::Bytes => {
                Lane::Uuid(array.as_fixed_size_binary().clone())
            }
            DataType::FixedSizeBinary(_) => Lane::FixedBytes(array.as_fixed_size_binary().clone()),
            DataType::Date32 => Lane::Date(array.as_primitive().clone()),
            DataType::Time64(TimeUnit::Microsecond) => Lane::Time(array.as_primitive().clone()),
            DataType::Timestamp(TimeUnit::Microsecond, None) => Lane::Timestamp(array.as_primitive().clone()),
            DataType::Timestamp(TimeUnit::Microsecond, Some(_)) => {
                Lane::TimestampTz(array.as_primitive().clone())
            }
            other => {
                let text = format!("column \"{}\" cannot take values of type {other}", column.name);
                return Err(Error::new(Kind::DatatypeMismatch, text));
            }
        };
        let has_nan = match &lane {
            Lane::Float32(a) => a.iter().flatten().any(f32::is_nan),
            Lane::Float64(a) => a.iter().flatten().any(f64::is_nan),
            _ => false,
        };
        if has_nan {
            let text = format!("column \"{}\" cannot take NaN", column.name);
            return Err(Error::new(Kind::OutOfRange, text).detail("SQLite stores NaN as NULL"));
        }
        Ok(lane)
    }

    fn array(&self) -> Option<&dyn Array> {
        Some(match self {
            Lane::Null => return None,
            Lane::Bool(a) => a,
            Lane::Int16(a) => a,
            Lane::Int32(a) => a,
            Lane::Int64(a) => a,
            Lane::Float32(a) => a,
            Lane::Float64(a) => a,
            Lane::Decimal(a, _) => a,
            Lane::Text(a) => a,
            Lane::LongText(a) => a,
            Lane::Bytes(a) => a,
            Lane::LongBytes(a) => a,
            Lane::FixedBytes(a) | Lane::Uuid(a) => a,
            Lane::Date(a) => a,
            Lane::Time(a) => a,
            Lane::Timestamp(a) | Lane::TimestampTz(a) => a,
        })
    }

    /// Makes the value at `row` the result of a virtual table's column. `scratch` holds the text
    /// of values that are printed.
    ///
    /// # Safety
    /// `ctx` is live, and this lane lives until the statement that asks is reset: texts and blobs
    /// are not copied.
    pub unsafe fn result(&self, row: usize, ctx: *mut ffi::sqlite3_context, scratch: &mut String) {
        // SAFETY: by this function's contract.
        unsafe {
            if self.array().is_none_or(|array| array.is_null(row)) {
                return ffi::sqlite3_result_null(ctx);
            }
            match self {
                Lane::Null => ffi::sqlite3_result_null(ctx),
                Lane::Bool(a) => ffi::sqlite3_result_int64(ctx, i64::from(a.value(row))),
                Lane::Int16(a) => ffi::sqlite3_result_int64(ctx, i64::from(a.value(row))),
                Lane::Int32(a) => ffi::sqlite3_result_int64(ctx, i64::from(a.value(row))),
                Lane::Int64(a) => ffi::sqlite3_result_int64(ctx, a.value(row)),
                Lane::Float32(a) => ffi::sqlite3_result_double(ctx, f64::from(a.value(row))),
                Lane::Float64(a) => ffi::sqlite3_result_double(ctx, a.value(row)),
                Lane::Text(a) => borrowed_text(ctx, a.value(row)),
                Lane::LongText(a) => borrowed_text(ctx, a.value(row)),
                Lane::Bytes(a) => borrowed_blob(ctx, a.value(row)),
                Lane::LongBytes(a) => borrowed_blob(ctx, a.value(row)),
                Lane::FixedBytes(a) => borrowed_blob(ctx, a.value(row)),
                Lane::Decimal(a, scale) => {
                    printed(ctx, scratch, |out| text::decimal128(a.value(row), *scale, out));
                }
                Lane::Uuid(a) => match a.value(row).try_into() {
                    Ok(bytes) => printed(ctx, scratch, |out| text::uuid(bytes, out)),
                    Err(_) => borrowed_blob(ctx, a.value(row)),
                },
                Lane::Date(a) => printed(ctx, scratch, |out| text::date(a.value(row), out)),
                Lane::Time(a) => printed(ctx, scratch, |out| text::time(a.value(row), out)),
                Lane::Timestamp(a) => printed(ctx, scratch, |out| text::timestamp(a.value(row), out)),
                Lane::TimestampTz(a) => printed(ctx, scratch, |out| text::timestamp_tz(a.value(row), out)),
            }
        }
    }
}

/// # Safety
/// `ctx` is live and `text` outlives the use of the result.
unsafe fn borrowed_text(ctx: *mut ffi::sqlite3_context, text: &str) {
    // SAFETY: by this function's contract.
    unsafe { result_text(ctx, text, ffi::SQLITE_STATIC()) }
}

/// # Safety
/// `ctx` is live.
unsafe fn printed(ctx: *mut ffi::sqlite3_context, scratch: &mut String, print: impl FnOnce(&mut String)) {
    scratch.clear();
    print(scratch);
    // SAFETY: by this function's contract; SQLite copies the text.
    unsafe { result_text(ctx, scratch, ffi::SQLITE_TRANSIENT()) }
}

/// # Safety
/// `ctx` is live and `text` lives as long as `lifetime` promises SQLite.
unsafe fn result_text(ctx: *mut ffi::sqlite3_context, text: &str, lifetime: ffi::sqlite3_destructor_type) {
    let (start, length) = (text.as_ptr().cast::<c_char>(), text.len() as u64);
    // SAFETY: by this function's contract; the length is that of the text.
    unsafe { ffi::sqlite3_result_text64(ctx, start, length, lifetime, ffi::SQLITE_UTF8 as u8) }
}

/// # Safety
/// `ctx` is live and `bytes` outlives the use of the result.
unsafe fn borrowed_blob(ctx: *mut ffi::sqlite3_context, bytes: &[u8]) {
    let (start, length) = (bytes.as_ptr().cast::<c_void>(), bytes.len() as u64);
    // SAFETY: by this function's contract; a slice's pointer is never NULL, so no blob becomes NULL.
    unsafe { ffi::sqlite3_result_blob64(ctx, start, length, ffi::SQLITE_STATIC()) }
}
