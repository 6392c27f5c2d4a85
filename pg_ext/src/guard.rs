//! The guard of frozen tables, and the mark by which it knows the engine.
//!
//! The mark is a variable of this backend. No SQL sets it: it is there while a call of ours writes,
//! for the tables that it writes, and goes with the call or with the subtransaction it was made in.

use std::cell::{Cell, RefCell};
use std::ffi::{CStr, c_void};

use cutover_core::catalog::Table;
use cutover_core::value::Value;
use cutover_core::{Error, Kind, Result, authority};
use pgrx::{pg_guard, pg_sys};

use crate::{errors, statement};

/// What the engine is writing.
struct Mark {
    /// Tables with their partitions.
    relations: Vec<u32>,
    subtransaction: pg_sys::SubTransactionId,
}

thread_local! {
    static MARK: RefCell<Option<Mark>> = const { RefCell::new(None) };
    static WATCHING: Cell<bool> = const { Cell::new(false) };
}

/// Takes the mark away when it goes.
pub struct Marked(());

impl Drop for Marked {
    fn drop(&mut self) {
        MARK.set(None);
    }
}

/// Lets the engine write these tables until the answer is dropped.
pub fn mark(tables: &[&Table]) -> Result<Marked> {
    let mut relations: Vec<u32> = tables.iter().map(|table| table.oid).collect();
    let list: Vec<String> = relations.iter().map(u32::to_string).collect();
    let list = [Value::Text(format!("{{{}}}", list.join(",")))];
    for row in statement::query(PARTITIONS, &list)? {
        let oid = row.first().and_then(Value::as_int);
        relations.extend(oid.and_then(|oid| u32::try_from(oid).ok()));
    }
    if !WATCHING.replace(true) {
        // SAFETY: both are static functions; they are registered once for the life of the backend.
        unsafe {
            pg_sys::RegisterXactCallback(Some(at_end), std::ptr::null_mut());
            pg_sys::RegisterSubXactCallback(Some(at_subtransaction_end), std::ptr::null_mut());
        }
    }
    // SAFETY: reading this backend's state on its one thread.
    let subtransaction = unsafe { pg_sys::GetCurrentSubTransactionId() };
    MARK.set(Some(Mark { relations, subtransaction }));
    Ok(Marked(()))
}

const PARTITIONS: &str = "
SELECT p.relid::pg_catalog.oid::pg_catalog.int8
FROM pg_catalog.unnest($1::pg_catalog.oid[]) t, pg_catalog.pg_partition_tree(t::pg_catalog.regclass) p";

/// No mark outlives its transaction, however that ends.
#[pg_guard]
unsafe extern "C-unwind" fn at_end(_event: pg_sys::XactEvent::Type, _arg: *mut c_void) {
    MARK.set(None);
}

#[pg_guard]
unsafe extern "C-unwind" fn at_subtransaction_end(
    event: pg_sys::SubXactEvent::Type,
    subtransaction: pg_sys::SubTransactionId,
    _parent: pg_sys::SubTransactionId,
    _arg: *mut c_void,
) {
    if event == pg_sys::SubXactEvent::SUBXACT_EVENT_ABORT_SUB {
        let ends = |mark: &Mark| mark.subtransaction == subtransaction;
        MARK.with_borrow_mut(|mark| *mark = mark.take().filter(|mark| !ends(mark)));
    }
}

/// Whether the engine is writing this table or partition.
pub fn is_marked(relation: u32) -> bool {
    MARK.with_borrow(|mark| mark.as_ref().is_some_and(|mark| mark.relations.contains(&relation)))
}

/// What a trigger function was called for. Errors: 39P01 where it was called as another function.
///
/// # Safety
/// `fcinfo` is the record of the call that is under way, which the answer must not outlive.
pub unsafe fn trigger_data<'a>(
    fcinfo: pg_sys::FunctionCallInfo,
    function: &str,
) -> Result<&'a pg_sys::TriggerData> {
    // SAFETY: by this function's contract; `context` is a node or null, by which a trigger's call is known.
    let data = unsafe {
        let context = (*fcinfo).context;
        let is_trigger = !context.is_null() && (*context).type_ == pg_sys::NodeTag::T_TriggerData;
        is_trigger.then(|| &*context.cast::<pg_sys::TriggerData>())
    };
    let message = || format!("{function}() can only be called as a trigger");
    data.ok_or_else(|| Error::new(Kind::Database(*b"39P01"), message()))
}

/// `cutover.guard(phase)`, a BEFORE trigger for rows or statements: passes what the engine writes,
/// and refuses everything else (55000). It reads nothing, so that it cannot be led astray.
fn check(fcinfo: pg_sys::FunctionCallInfo) -> pg_sys::Datum {
    // SAFETY: the server calls with a live call record; a trigger's relation and trigger live as long as the call.
    unsafe {
        let data = trigger_data(fcinfo, "guard").unwrap_or_else(|error| errors::raise(error));
        if is_marked((*data.tg_relation).rd_id.to_u32()) {
            let event = data.tg_event;
            let new = event & pg_sys::TRIGGER_EVENT_OPMASK == pg_sys::TRIGGER_EVENT_UPDATE;
            return pg_sys::Datum::from(if event & pg_sys::TRIGGER_EVENT_ROW == 0 {
                std::ptr::null_mut()
            } else if new {
                data.tg_newtuple
            } else {
                data.tg_trigtuple
            });
        }
        let trigger = &*data.tg_trigger;
        let phase = if trigger.tgnargs > 0 { text(*trigger.tgargs) } else { String::new() };
        let table = text((*(*data.tg_relation).rd_rel).relname.data.as_ptr());
        errors::raise(authority::frozen(&phase, &table))
    }
}

/// # Safety
/// `text` is a C string of the server.
unsafe fn text(text: *const std::ffi::c_char) -> String {
    // SAFETY: by this function's contract.
    unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
}

/// The function's calling convention, as the server asks for it.
#[unsafe(no_mangle)]
pub extern "C" fn pg_finfo_guard_wrapper() -> &'static pg_sys::Pg_finfo_record {
    const V1: pg_sys::Pg_finfo_record = pg_sys::Pg_finfo_record { api_version: 1 };
    &V1
}

/// # Safety
/// Only the server calls this.
#[unsafe(no_mangle)]
#[pg_guard]
pub unsafe extern "C-unwind" fn guard_wrapper(fcinfo: pg_sys::FunctionCallInfo) -> pg_sys::Datum {
    check(fcinfo)
}
