//! Values across the border: rows of the server as plain values, and (in the modules below) as
//! Arrow arrays, both ways.

pub mod from_arrow;
pub mod numeric;
pub mod to_arrow;

use cutover_core::value::Value;
use cutover_core::{Error, Kind, Result};
use pgrx::pg_sys;

/// Seconds, days and microseconds between 1970 and 2000, where PostgreSQL starts counting.
pub const EPOCH_DAYS: i32 = 10_957;
pub const EPOCH_MICROS: i64 = EPOCH_DAYS as i64 * 86_400_000_000;

/// An attribute's type OID and modifier, and its name. `index` counts from 0.
pub fn attribute(tupdesc: pg_sys::TupleDesc, index: usize) -> (pg_sys::Oid, i32, String) {
    // SAFETY: callers pass a live descriptor and an index below its natts.
    let attribute = unsafe {
        #[cfg(not(feature = "pg18"))]
        {
            &*(*tupdesc).attrs.as_ptr().add(index)
        }
        // PostgreSQL 18 keeps the attributes behind an array of compact ones.
        #[cfg(feature = "pg18")]
        {
            let full = (*tupdesc).compact_attrs.as_ptr().add((*tupdesc).natts as usize);
            &*full.cast::<pg_sys::FormData_pg_attribute>().add(index)
        }
    };
    (attribute.atttypid, attribute.atttypmod, attribute.name().to_owned())
}

/// How many attributes a descriptor has.
pub fn attribute_count(tupdesc: pg_sys::TupleDesc) -> usize {
    // SAFETY: callers pass a live descriptor.
    usize::try_from(unsafe { (*tupdesc).natts }).unwrap_or_default()
}

/// Hands each row of an SPI result to `f`: its datums, None for NULL.
pub fn for_each_row(
    table: &pg_sys::SPITupleTable,
    mut f: impl FnMut(&[Option<pg_sys::Datum>]) -> Result<()>,
) -> Result<()> {
    let columns = attribute_count(table.tupdesc);
    let mut datums = vec![pg_sys::Datum::null(); columns];
    let mut nulls = vec![false; columns];
    let mut row = vec![None; columns];
    for i in 0..table.numvals as usize {
        // SAFETY: `vals` holds `numvals` tuples of this descriptor; the arrays have its length.
        unsafe {
            let tuple = *table.vals.add(i);
            pg_sys::heap_deform_tuple(tuple, table.tupdesc, datums.as_mut_ptr(), nulls.as_mut_ptr());
        }
        for ((cell, datum), null) in row.iter_mut().zip(&datums).zip(&nulls) {
            *cell = (!null).then_some(*datum);
        }
        f(&row)?;
    }
    Ok(())
}

/// A type's output function.
pub struct Output(Box<pg_sys::FmgrInfo>);

impl Output {
    /// The output function of a type, with its state in the current memory context.
    pub fn of(oid: pg_sys::Oid) -> Output {
        let mut function = pg_sys::InvalidOid;
        let mut is_varlena = false;
        let mut info = Box::new(pg_sys::FmgrInfo::default());
        // SAFETY: the OID comes from a live descriptor; the box keeps the info where it is.
        unsafe {
            pg_sys::getTypeOutputInfo(oid, &mut function, &mut is_varlena);
            pg_sys::fmgr_info_cxt(function, &mut *info, pg_sys::CurrentMemoryContext);
        }
        Output(info)
    }

    /// The text that the server prints for a value.
    pub fn text(&mut self, datum: pg_sys::Datum) -> Result<String> {
        // SAFETY: the datum is of the type whose function this is; the answer is a palloc'd C
        // string that goes with the current memory context.
        let text = unsafe { std::ffi::CStr::from_ptr(pg_sys::OutputFunctionCall(&mut *self.0, datum)) };
        utf8(text.to_bytes())
    }
}

/// A text of the server's, which is UTF-8 by the database's encoding.
pub fn utf8(bytes: &[u8]) -> Result<String> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.to_owned()),
        Err(_) => Err(Error::new(Kind::BadCharacter, "a text in the database is not valid UTF-8")),
    }
}

/// The bytes of a text, bytea or numeric, detoasted into the current memory context.
///
/// # Safety
/// The datum must be a varlena, and the slice must not be used beyond that context.
pub unsafe fn varlena_bytes<'a>(datum: pg_sys::Datum) -> &'a [u8] {
    // SAFETY: by the caller's promise; packed detoasting leaves a header of one or four bytes.
    unsafe {
        let varlena = pg_sys::pg_detoast_datum_packed(datum.cast_mut_ptr());
        pgrx::varlena_to_byte_slice(varlena)
    }
}

/// How a result column becomes [`Value`]s.
pub enum Reader {
    Bool,
    Int2,
    Int4,
    Int8,
    Oid,
    Float4,
    Float8,
    Bytes,
    Text,
    Output(Output),
}

impl Reader {
    /// The readers of a result's columns.
    pub fn all(tupdesc: pg_sys::TupleDesc) -> Vec<Reader> {
        (0..attribute_count(tupdesc)).map(|i| Reader::of(attribute(tupdesc, i).0)).collect()
    }

    fn of(oid: pg_sys::Oid) -> Reader {
        match oid {
            pg_sys::BOOLOID => Reader::Bool,
            pg_sys::INT2OID => Reader::Int2,
            pg_sys::INT4OID => Reader::Int4,
            pg_sys::INT8OID => Reader::Int8,
            pg_sys::OIDOID => Reader::Oid,
            pg_sys::FLOAT4OID => Reader::Float4,
            pg_sys::FLOAT8OID => Reader::Float8,
            pg_sys::BYTEAOID => Reader::Bytes,
            pg_sys::TEXTOID | pg_sys::VARCHAROID => Reader::Text,
            _ => Reader::Output(Output::of(oid)),
        }
    }

    /// One value.
    pub fn read(&mut self, datum: Option<pg_sys::Datum>) -> Result<Value> {
        let Some(datum) = datum else { return Ok(Value::Null) };
        let bits = datum.value();
        Ok(match self {
            Reader::Bool => Value::Bool(bits as u8 != 0),
            Reader::Int2 => Value::Int(i64::from(bits as i16)),
            Reader::Int4 => Value::Int(i64::from(bits as i32)),
            Reader::Int8 => Value::Int(bits as i64),
            Reader::Oid => Value::Int(i64::from(bits as u32)),
            Reader::Float4 => Value::Float(f64::from(f32::from_bits(bits as u32))),
            Reader::Float8 => Value::Float(f64::from_bits(bits as u64)),
            // SAFETY: bytea and text are varlenas; the bytes are copied at once.
            Reader::Bytes => Value::Bytes(unsafe { varlena_bytes(datum) }.to_vec()),
            Reader::Text => Value::Text(utf8(unsafe { varlena_bytes(datum) })?),
            Reader::Output(output) => Value::Text(output.text(datum)?),
        })
    }
}
