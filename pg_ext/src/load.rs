//! Bulk loads into tables that the core has just made: many rows in one call of the table's
//! access method, past everything such a table does not have (indexes, triggers, constraints).

use arrow::record_batch::RecordBatch;
use cutover_core::session::LoadTarget;
use cutover_core::{Error, Kind, Result};
use pgrx::pg_sys;

use crate::statement::c_string;
use crate::values::attribute_count;
use crate::values::from_arrow::{Cells, Writer, slice_end};

/// Rows handed to the access method at once.
const SLICE_ROWS: usize = 1000;
/// Bytes of one column in a slice: what keeps long texts from filling memory a thousand at a time.
const SLICE_BYTES: i32 = 1 << 20;

/// An open load. Its memory hangs below the current transaction's, so that an abort frees it.
pub struct Load {
    relation: pg_sys::Relation,
    memory: pg_sys::MemoryContext,
    /// The values of one slice; emptied after each.
    slice_memory: pg_sys::MemoryContext,
    /// What holds the buffer that rows go to: the scope that opened the load, also while rows come
    /// from a scope within it.
    owner: pg_sys::ResourceOwner,
    bulk: pg_sys::BulkInsertState,
    slots: Vec<*mut pg_sys::TupleTableSlot>,
    columns: Vec<LoadColumn>,
    written: u64,
}

struct LoadColumn {
    attribute: usize,
    writer: Writer,
}

impl Load {
    /// Opens a load. 42501 without INSERT on the table; XX000 for a table that is not the core's
    /// own or a column that it lacks.
    pub fn open(target: &LoadTarget) -> Result<Load> {
        let schema = c_string(&target.table.0)?;
        let name = c_string(&target.table.1)?;
        // SAFETY: the names outlive the calls; the lock is held to the end of the transaction.
        let relation = unsafe {
            let range_var = pg_sys::makeRangeVar(schema.as_ptr().cast_mut(), name.as_ptr().cast_mut(), -1);
            pg_sys::table_openrv(range_var, pg_sys::RowExclusiveLock as i32)
        };
        check_insert(relation, &name);
        // SAFETY: the relation is open until `close`, and so is what hangs from it.
        let (multi_insert, rd_att) = unsafe { (plain(relation), (*relation).rd_att) };
        if !multi_insert {
            return Err(internal(target, "is not a table of cutover's own"));
        }
        let memory = new_context(current_transaction_memory(), c"cutover load");
        let slice_memory = new_context(memory, c"cutover load slice");
        let columns = within(memory, || resolve(relation, target))?;
        // SAFETY: slots pin the descriptor, which outlives them: `close` drops them first. A stored
        // slot with all cells NULL stays stored: only its cells are written from now on.
        let (slots, bulk) = within(memory, || unsafe {
            let slots = (0..SLICE_ROWS).map(|_| {
                let slot = pg_sys::MakeSingleTupleTableSlot(rd_att, &raw const pg_sys::TTSOpsVirtual);
                std::slice::from_raw_parts_mut((*slot).tts_isnull, attribute_count(rd_att)).fill(true);
                pg_sys::ExecStoreVirtualTuple(slot)
            });
            (slots.collect(), pg_sys::GetBulkInsertState())
        });
        // SAFETY: reading this backend's state; the owner outlives the load, which closes in its scope.
        let owner = unsafe { pg_sys::CurrentResourceOwner };
        Ok(Load { relation, memory, slice_memory, owner, bulk, slots, columns, written: 0 })
    }

    /// Loads a batch. 57014 on a cancel; what a value's own type raises for it.
    pub fn rows(&mut self, batch: &RecordBatch) -> Result<()> {
        if batch.num_columns() != self.columns.len() {
            return Err(Error::new(Kind::Internal, "a batch has another number of columns than its load"));
        }
        let mut start = 0;
        while start < batch.num_rows() {
            pgrx::check_for_interrupts!();
            let end = slice_end(batch.columns(), start, SLICE_ROWS, SLICE_BYTES);
            let slots = &self.slots[..end - start];
            let previous = switch(self.slice_memory);
            let filled = self.columns.iter_mut().zip(batch.columns()).try_for_each(|(column, array)| {
                column.writer.write(array, start..end, &Cells { slots, attribute: column.attribute })
            });
            if filled.is_ok() {
                self.insert(end - start);
            }
            switch(previous);
            // SAFETY: nothing of the slice is in use: the rows are in the table.
            unsafe { pg_sys::MemoryContextReset(self.slice_memory) };
            filled?;
            self.written += (end - start) as u64;
            start = end;
        }
        Ok(())
    }

    fn insert(&mut self, rows: usize) {
        // SAFETY: relation and slots are open, `rows` of them are filled. The access method is
        // called behind pgrx's boundary, as it raises errors by longjmp; the abort that follows
        // sets the owner anew.
        unsafe {
            let current = pg_sys::CurrentResourceOwner;
            pg_sys::CurrentResourceOwner = self.owner;
            let command = pg_sys::GetCurrentCommandId(true);
            let (relation, bulk, slots) = (self.relation, self.bulk, self.slots.as_mut_ptr());
            if let Some(multi_insert) = (*(*relation).rd_tableam).multi_insert {
                let options = pg_sys::TABLE_INSERT_SKIP_FSM as i32;
                pg_sys::ffi::pg_guard_ffi_boundary(|| {
                    multi_insert(relation, slots, rows as i32, command, options, bulk)
                });
            }
            pg_sys::CurrentResourceOwner = current;
        }
    }

    /// Ends the load, makes its rows visible to the next statement, and returns how many they are.
    pub fn close(self) -> u64 {
        // SAFETY: each is ours and open; the slots go before the relation whose descriptor they pin.
        unsafe {
            for slot in &self.slots {
                pg_sys::ExecDropSingleTupleTableSlot(*slot);
            }
            pg_sys::FreeBulkInsertState(self.bulk);
            let relation = self.relation;
            if let Some(finish) = (*(*relation).rd_tableam).finish_bulk_insert {
                let options = pg_sys::TABLE_INSERT_SKIP_FSM as i32;
                pg_sys::ffi::pg_guard_ffi_boundary(|| finish(relation, options));
            }
            pg_sys::table_close(relation, pg_sys::NoLock as i32);
            pg_sys::CommandCounterIncrement();
            pg_sys::MemoryContextDelete(self.memory);
        }
        self.written
    }
}

#[allow(clippy::useless_conversion)] // privileges are wider from PostgreSQL 16 on
fn check_insert(relation: pg_sys::Relation, name: &std::ffi::CStr) {
    // SAFETY: the relation is open; a refusal is raised by the server with its own message.
    unsafe {
        let acl =
            pg_sys::pg_class_aclcheck((*relation).rd_id, pg_sys::GetUserId(), pg_sys::ACL_INSERT.into());
        if acl != pg_sys::AclResult::ACLCHECK_OK {
            pg_sys::aclcheck_error(acl, pg_sys::ObjectType::OBJECT_TABLE, name.as_ptr());
        }
    }
}

/// Whether rows may be put into a table past the executor: a plain table without indexes,
/// triggers, rules, constraints, row security or a partitioned parent.
///
/// # Safety
/// The relation must be open.
unsafe fn plain(relation: pg_sys::Relation) -> bool {
    // SAFETY: by the caller's promise.
    unsafe {
        let class = &*(*relation).rd_rel;
        class.relkind == pg_sys::RELKIND_RELATION as std::ffi::c_char
            && !class.relhasindex
            && !class.relhasrules
            && !class.relhastriggers
            && !class.relrowsecurity
            && !class.relispartition
            && class.relchecks == 0
    }
}

/// The attributes that a load's columns go to, and how.
fn resolve(relation: pg_sys::Relation, target: &LoadTarget) -> Result<Vec<LoadColumn>> {
    // SAFETY: the relation is open.
    let rd_att = unsafe { (*relation).rd_att };
    target
        .columns
        .iter()
        .map(|column| {
            let name = c_string(&column.name)?;
            // SAFETY: a lookup by the open relation's OID; 0 where there is no such column.
            let number = unsafe { pg_sys::get_attnum((*relation).rd_id, name.as_ptr()) };
            let Some(attribute) = usize::try_from(number).ok().and_then(|n| n.checked_sub(1)) else {
                return Err(internal(target, &format!("has no column \"{}\"", column.name)));
            };
            let (oid, modifier, _) = crate::values::attribute(rd_att, attribute);
            Ok(LoadColumn { attribute, writer: Writer::new(&column.ty, oid, modifier) })
        })
        .collect()
}

fn internal(target: &LoadTarget, what: &str) -> Error {
    let (schema, name) = &target.table;
    Error::new(Kind::Internal, format!("cannot load rows: \"{schema}.{name}\" {what}"))
}

fn current_transaction_memory() -> pg_sys::MemoryContext {
    // SAFETY: set as long as a transaction is under way.
    unsafe { pg_sys::CurTransactionContext }
}

fn new_context(parent: pg_sys::MemoryContext, name: &'static std::ffi::CStr) -> pg_sys::MemoryContext {
    // SAFETY: the parent is live; the server keeps the pointer to the name, which is static.
    unsafe {
        pg_sys::AllocSetContextCreateInternal(
            parent,
            name.as_ptr(),
            pg_sys::ALLOCSET_DEFAULT_MINSIZE as usize,
            pg_sys::ALLOCSET_DEFAULT_INITSIZE as usize,
            pg_sys::ALLOCSET_DEFAULT_MAXSIZE as usize,
        )
    }
}

fn switch(context: pg_sys::MemoryContext) -> pg_sys::MemoryContext {
    // SAFETY: the context is live.
    unsafe { pg_sys::MemoryContextSwitchTo(context) }
}

fn within<T>(context: pg_sys::MemoryContext, body: impl FnOnce() -> T) -> T {
    let previous = switch(context);
    let result = body();
    switch(previous);
    result
}
