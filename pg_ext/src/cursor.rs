//! Cursors: a portal of the server's, found again by its name for every fetch.

use std::ffi::{CStr, CString};

use arrow::record_batch::RecordBatch;
use cutover_core::session::ResultColumn;
use cutover_core::types::ColumnType;
use cutover_core::value::Value;
use cutover_core::{Error, Kind, Result};
use pgrx::pg_sys;

use crate::catalog;
use crate::statement::{Args, c_string, check_text, connected};
use crate::values::to_arrow::Columns;
use crate::values::{attribute, attribute_count, for_each_row};

/// An open cursor. The portal goes with the (sub)transaction that it was opened in.
pub struct Cursor {
    name: CString,
    /// It reads by the caller's search path.
    pub for_user: bool,
}

impl Cursor {
    /// Opens a cursor over a query; the server's own error where it is not one. It sees what the active
    /// snapshot does (`at_snapshot`), or all that is there now.
    pub fn open(sql: &str, args: &[Value], for_user: bool, at_snapshot: bool) -> Result<Cursor> {
        let sql = c_string(sql)?;
        check_text(args)?;
        connected(|| {
            let mut args = Args::new(args);
            // SAFETY: the arrays are as long as they say; the portal copies what it keeps, and its
            // name lives as long as it. Not read-only, or it would not see what this call has written.
            let name = unsafe {
                let portal = pg_sys::SPI_cursor_open_with_args(
                    std::ptr::null(),
                    sql.as_ptr(),
                    args.types.len() as i32,
                    args.types.as_mut_ptr(),
                    args.values.as_mut_ptr(),
                    args.nulls.as_ptr(),
                    at_snapshot,
                    pg_sys::CURSOR_OPT_NO_SCROLL as i32,
                );
                CStr::from_ptr((*portal).name).to_owned()
            };
            Ok(Cursor { name, for_user })
        })
    }

    /// The columns of its rows.
    pub fn columns(&self) -> Result<Vec<ResultColumn>> {
        // SAFETY: the portal is live, and has a descriptor, as every query with rows has.
        let tupdesc = unsafe { (*self.portal()?).tupDesc };
        let columns = (0..attribute_count(tupdesc)).map(|i| {
            let (oid, modifier, name) = attribute(tupdesc, i);
            ResultColumn { name, ty: catalog::column_type(oid, modifier) }
        });
        Ok(columns.collect())
    }

    /// Whether no statement of it writes, or locks rows. Nothing has run before the first fetch.
    pub fn only_reads(&self) -> Result<bool> {
        let portal = self.portal()?;
        // SAFETY: the portal is live; its list is as long as it says and holds planned statements.
        unsafe {
            let list = &*(*portal).stmts;
            let cells = std::slice::from_raw_parts(list.elements, usize::try_from(list.length).unwrap_or(0));
            Ok(cells.iter().all(|cell| pg_sys::CommandIsReadOnly(cell.ptr_value.cast())))
        }
    }

    /// Up to `rows` more rows; None at the end. What a fetch allocates goes when it ends.
    pub fn fetch(&self, types: &[ColumnType], rows: usize) -> Result<Option<RecordBatch>> {
        connected(|| {
            let portal = self.portal()?;
            let count = std::ffi::c_long::try_from(rows).unwrap_or(std::ffi::c_long::MAX);
            // SAFETY: the portal is live; the tuple table is this fetch's, until SPI_finish.
            let table = unsafe {
                pg_sys::SPI_cursor_fetch(portal, true, count);
                pg_sys::SPI_tuptable.as_ref()
            };
            let Some(table) = table.filter(|table| table.numvals > 0) else { return Ok(None) };
            let mut columns = Columns::new(table.tupdesc, types)?;
            for_each_row(table, |row| columns.push(row))?;
            columns.finish().map(Some)
        })
    }

    /// Closes the portal.
    pub fn close(self) -> Result<()> {
        let portal = self.portal()?;
        // SAFETY: the portal is live and not running.
        unsafe { pg_sys::SPI_cursor_close(portal) };
        Ok(())
    }

    fn portal(&self) -> Result<pg_sys::Portal> {
        // SAFETY: a lookup by name; null where there is none of it (any more).
        let portal = unsafe { pg_sys::SPI_cursor_find(self.name.as_ptr()) };
        if portal.is_null() {
            return Err(Error::new(Kind::NotInState, "a cursor was closed while it was being read"));
        }
        Ok(portal)
    }
}
