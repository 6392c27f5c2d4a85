//! Arrow arrays into the slots of a bulk load, a column of a slice at a time.

use std::ops::Range;

use arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, BinaryArray, BooleanArray, Decimal128Array, FixedSizeBinaryArray,
    PrimitiveArray, StringArray,
};
use arrow::datatypes::{
    DataType, Date32Type, Float32Type, Float64Type, Int16Type, Int32Type, Int64Type, Time64MicrosecondType,
    TimestampMicrosecondType,
};
use cutover_core::types::ColumnType;
use cutover_core::{Error, Kind, Result};
use pgrx::pg_sys::{self, Datum};

use super::{EPOCH_DAYS, EPOCH_MICROS, numeric};
use crate::statement::nul_in_text;

/// The server's bounds: 4713 BC up to the end of 5874897 (dates) and of 294276 (timestamps).
const DATES: Range<i32> = -2_451_545..2_145_031_949;
const TIMESTAMPS: Range<i64> = -211_813_488_000_000_000..9_223_371_331_200_000_000;
const DAY_MICROS: i64 = 86_400_000_000;

/// The largest single allocation of the server (MaxAllocSize).
const MAX_VALUE: usize = 0x3FFF_FFFF;

/// One column of the rows being filled: cell `i` belongs to the `i`-th slot.
pub struct Cells<'a> {
    pub slots: &'a [*mut pg_sys::TupleTableSlot],
    pub attribute: usize,
}

impl Cells<'_> {
    fn set(&self, i: usize, datum: Option<Datum>) {
        // SAFETY: slots have as many cells as their table has attributes, and `attribute` is one.
        unsafe {
            let slot = self.slots[i];
            *(*slot).tts_isnull.add(self.attribute) = datum.is_none();
            *(*slot).tts_values.add(self.attribute) = datum.unwrap_or(Datum::null());
        }
    }
}

/// How a column's values become datums; chosen once per load.
pub enum Writer {
    Bool,
    Int2,
    Int4,
    Int8,
    Float4,
    Float8,
    /// Decimals directly, with at least this many decimals shown; texts by the input function.
    Numeric(u16, Input),
    Text,
    Bytes,
    Date,
    Time,
    Timestamp,
    Uuid,
    Input(Input),
}

impl Writer {
    /// The writer from a load's column into an attribute of type `oid` and `modifier`. Where the
    /// attribute's own type is another than the column says, text goes through its input function.
    pub fn new(ty: &ColumnType, oid: pg_sys::Oid, modifier: i32) -> Writer {
        let own = crate::catalog::column_type(oid, modifier);
        match ty {
            ColumnType::Bool if own == *ty => Writer::Bool,
            ColumnType::Int2 if own == *ty => Writer::Int2,
            ColumnType::Int4 if own == *ty => Writer::Int4,
            ColumnType::Int8 if own == *ty => Writer::Int8,
            ColumnType::Float4 if own == *ty => Writer::Float4,
            ColumnType::Float8 if own == *ty => Writer::Float8,
            ColumnType::Bytes if own == *ty => Writer::Bytes,
            ColumnType::Date if own == *ty => Writer::Date,
            ColumnType::Time if own == *ty => Writer::Time,
            ColumnType::Timestamp | ColumnType::TimestampTz if own == *ty => Writer::Timestamp,
            ColumnType::Uuid if own == *ty => Writer::Uuid,
            // The core has checked lengths against the target's own declaration.
            ColumnType::Text { .. } if matches!(own, ColumnType::Text { .. }) => Writer::Text,
            ColumnType::Numeric { .. } if matches!(own, ColumnType::Numeric { .. }) => {
                let display = match own {
                    ColumnType::Numeric { limit: Some((_, scale)), .. } => u16::try_from(scale).unwrap_or(0),
                    _ => 0,
                };
                Writer::Numeric(display.min(numeric::MAX_SCALE), Input::of(oid, modifier))
            }
            _ => Writer::Input(Input::of(oid, modifier)),
        }
    }

    /// Fills the cells with the rows `rows` of an array. XX000 for an array of another type than
    /// the column's; values in the current memory context.
    pub fn write(&mut self, array: &dyn Array, rows: Range<usize>, cells: &Cells) -> Result<()> {
        match self {
            Writer::Bool => {
                let array: &BooleanArray = of_type(array)?;
                each(array, rows, cells, |row| Ok(Datum::from(array.value(row))))
            }
            Writer::Int2 => fixed::<Int16Type>(array, rows, cells, |n| Ok(Datum::from(n))),
            Writer::Int4 => fixed::<Int32Type>(array, rows, cells, |n| Ok(Datum::from(n))),
            Writer::Int8 => fixed::<Int64Type>(array, rows, cells, |n| Ok(Datum::from(n))),
            Writer::Float4 => fixed::<Float32Type>(array, rows, cells, |x| Ok(Datum::from(x.to_bits()))),
            Writer::Float8 => fixed::<Float64Type>(array, rows, cells, |x| Ok(Datum::from(x.to_bits()))),
            Writer::Date => fixed::<Date32Type>(array, rows, cells, |days| {
                let days = days.checked_sub(EPOCH_DAYS).filter(|days| DATES.contains(days));
                days.map(Datum::from).ok_or_else(|| out_of_range("date"))
            }),
            Writer::Time => fixed::<Time64MicrosecondType>(array, rows, cells, |micros| {
                let fits = (0..=DAY_MICROS).contains(&micros);
                if fits { Ok(Datum::from(micros)) } else { Err(out_of_range("time")) }
            }),
            Writer::Timestamp => fixed::<TimestampMicrosecondType>(array, rows, cells, |micros| {
                let micros = micros.checked_sub(EPOCH_MICROS).filter(|micros| TIMESTAMPS.contains(micros));
                micros.map(Datum::from).ok_or_else(|| out_of_range("timestamp"))
            }),
            Writer::Text => text(of_type(array)?, rows, cells),
            Writer::Bytes => {
                let array: &BinaryArray = of_type(array)?;
                let mut arena = Arena::for_values(array.value_offsets(), &rows)?;
                each(array, rows, cells, |row| Ok(arena.varlena(array.value(row))))
            }
            Writer::Uuid => uuid(of_type(array)?, rows, cells),
            Writer::Numeric(display, input) => match array.data_type() {
                DataType::Decimal128(_, scale) => match u16::try_from(*scale) {
                    Ok(scale) if scale <= numeric::MAX_SCALE => {
                        decimals(of_type(array)?, rows, cells, scale, scale.max(*display))
                    }
                    _ => Err(unexpected(array)),
                },
                _ => input.write(of_type(array)?, rows, cells),
            },
            Writer::Input(input) => input.write(of_type(array)?, rows, cells),
        }
    }
}

/// A type's input function, for every type that has no writer of its own.
pub struct Input {
    function: Box<pg_sys::FmgrInfo>,
    parameter: pg_sys::Oid,
    modifier: i32,
    /// The text at hand with its NUL.
    buffer: Vec<u8>,
}

impl Input {
    /// The input function of a type, with its state in the current memory context.
    fn of(oid: pg_sys::Oid, modifier: i32) -> Input {
        let mut function = pg_sys::InvalidOid;
        let mut parameter = pg_sys::InvalidOid;
        let mut info = Box::new(pg_sys::FmgrInfo::default());
        // SAFETY: the OID comes from a live descriptor; the box keeps the info where it is.
        unsafe {
            pg_sys::getTypeInputInfo(oid, &mut function, &mut parameter);
            pg_sys::fmgr_info_cxt(function, &mut *info, pg_sys::CurrentMemoryContext);
        }
        Input { function: info, parameter, modifier, buffer: Vec::new() }
    }

    fn write(&mut self, array: &StringArray, rows: Range<usize>, cells: &Cells) -> Result<()> {
        refuse_nul(array, &rows)?;
        each(array, rows, cells, |row| {
            self.buffer.clear();
            self.buffer.extend_from_slice(array.value(row).as_bytes());
            self.buffer.push(0);
            // SAFETY: the buffer is a C string without a NUL inside; input functions do not keep it.
            Ok(unsafe {
                let text = self.buffer.as_mut_ptr().cast();
                pg_sys::InputFunctionCall(&mut *self.function, text, self.parameter, self.modifier)
            })
        })
    }
}

/// Memory of the current context for a slice's variable-length values, taken at once: asking the
/// server for each value costs more than filling it.
struct Arena {
    next: *mut u8,
    end: *mut u8,
}

impl Arena {
    fn new(bytes: usize) -> Result<Arena> {
        if bytes > MAX_VALUE {
            return Err(Error::new(Kind::LimitExceeded, "a value is longer than 1 GB")
                .detail(format!("The server cannot hold {bytes} bytes in one piece.")));
        }
        // SAFETY: palloc answers memory of that size, aligned to 8, or raises an error.
        let next: *mut u8 = unsafe { pg_sys::palloc(bytes.max(1)) }.cast();
        // SAFETY: one past the end of the same allocation.
        Ok(Arena { next, end: unsafe { next.add(bytes) } })
    }

    /// Room for the values of `rows`, as their offsets tell: each with header and alignment.
    fn for_values(offsets: &[i32], rows: &Range<usize>) -> Result<Arena> {
        let bytes = offsets[rows.end].abs_diff(offsets[rows.start]) as usize;
        Arena::new(bytes + rows.len() * 8)
    }

    fn varlena(&mut self, bytes: &[u8]) -> Datum {
        // A header of one byte needs no alignment; the server takes it for any varlena type.
        let short = bytes.len() < 126;
        let padding = if short { 0 } else { self.next.align_offset(4) };
        let header = if short { 1 } else { 4 };
        let size = header + bytes.len();
        assert!(
            padding + size <= self.end as usize - self.next as usize,
            "the arena is sized for its values"
        );
        // SAFETY: within the allocation, by the assertion; headers are written before they are read.
        unsafe {
            let value = self.next.add(padding);
            if short {
                pgrx::set_varsize_short(value.cast(), size as i32);
            } else {
                pgrx::set_varsize_4b(value.cast(), size as i32);
            }
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), value.add(header), bytes.len());
            self.next = value.add(size);
            Datum::from(value)
        }
    }
}

fn of_type<A: 'static>(array: &dyn Array) -> Result<&A> {
    array.as_any().downcast_ref().ok_or_else(|| unexpected(array))
}

fn unexpected(array: &dyn Array) -> Error {
    Error::new(Kind::Internal, format!("a load was handed an array of type {}", array.data_type()))
}

fn out_of_range(what: &str) -> Error {
    Error::new(Kind::DatetimeOverflow, format!("{what} out of range"))
}

fn each(
    array: &dyn Array,
    rows: Range<usize>,
    cells: &Cells,
    mut datum: impl FnMut(usize) -> Result<Datum>,
) -> Result<()> {
    for (i, row) in rows.enumerate() {
        cells.set(i, if array.is_null(row) { None } else { Some(datum(row)?) });
    }
    Ok(())
}

fn fixed<T: ArrowPrimitiveType>(
    array: &dyn Array,
    rows: Range<usize>,
    cells: &Cells,
    datum: impl Fn(T::Native) -> Result<Datum>,
) -> Result<()> {
    let array: &PrimitiveArray<T> = of_type(array)?;
    each(array, rows, cells, |row| datum(array.value(row)))
}

fn text(array: &StringArray, rows: Range<usize>, cells: &Cells) -> Result<()> {
    refuse_nul(array, &rows)?;
    let mut arena = Arena::for_values(array.value_offsets(), &rows)?;
    each(array, rows, cells, |row| Ok(arena.varlena(array.value(row).as_bytes())))
}

/// 22021 where a text holds a NUL: the server would keep it and cut the text when printing it.
fn refuse_nul(array: &StringArray, rows: &Range<usize>) -> Result<()> {
    let offsets = array.value_offsets();
    let bytes = &array.value_data()[offsets[rows.start] as usize..offsets[rows.end] as usize];
    if bytes.contains(&0) { Err(nul_in_text()) } else { Ok(()) }
}

fn uuid(array: &FixedSizeBinaryArray, rows: Range<usize>, cells: &Cells) -> Result<()> {
    if array.value_length() != 16 {
        return Err(unexpected(array));
    }
    let arena = Arena::new(16 * rows.len())?;
    let mut next = arena.next;
    each(array, rows, cells, |row| {
        // SAFETY: the arena has 16 bytes for each row, and a value has 16 bytes.
        unsafe {
            let value = next;
            std::ptr::copy_nonoverlapping(array.value(row).as_ptr(), value, 16);
            next = value.add(16);
            Ok(Datum::from(value))
        }
    })
}

fn decimals(
    array: &Decimal128Array,
    rows: Range<usize>,
    cells: &Cells,
    scale: u16,
    display: u16,
) -> Result<()> {
    let mut arena = Arena::new(rows.len() * (numeric::MAX_BYTES + 1))?;
    let mut bytes = [0; numeric::MAX_BYTES];
    each(array, rows, cells, |row| {
        Ok(arena.varlena(numeric::encode(array.value(row), scale, display, &mut bytes)))
    })
}

/// How many rows from `start` on make a slice: at most `rows`, and no more than `bytes` of
/// variable-length values in any one column, but always one.
pub fn slice_end(columns: &[ArrayRef], start: usize, rows: usize, bytes: i32) -> usize {
    let length = columns.first().map_or(0, Array::len);
    columns.iter().fold(length.min(start + rows), |end, column| {
        let offsets = match column.data_type() {
            DataType::Utf8 => column.as_any().downcast_ref().map(StringArray::value_offsets),
            DataType::Binary => column.as_any().downcast_ref().map(BinaryArray::value_offsets),
            _ => None,
        };
        let Some(offsets) = offsets else { return end };
        let limit = offsets[start].saturating_add(bytes);
        let fitting = offsets[start + 1..=end].partition_point(|offset| *offset <= limit);
        start + fitting.max(1)
    })
}
