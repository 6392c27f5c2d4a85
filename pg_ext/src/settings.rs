//! Server settings for the length of a call, as nest levels that the server itself undoes when
//! the (sub)transaction they were made in aborts.

use std::ffi::{CStr, CString};

use cutover_core::Result;
use cutover_core::sql::Ident;
use cutover_core::value::Value;
use pgrx::pg_sys;

use crate::statement;

/// What the engine's statements rely on. `work_mem` is raised besides, where it is lower. The last two
/// bound memory: a hash stays within `work_mem`, and LLVM alone would add 60 MB to gain nothing.
const ENGINE: [(&CStr, &CStr); 7] = [
    (c"row_security", c"off"),
    (c"DateStyle", c"ISO"),
    (c"IntervalStyle", c"postgres"),
    (c"TimeZone", c"UTC"),
    (c"extra_float_digits", c"1"),
    (c"hash_mem_multiplier", c"1"),
    (c"jit", c"off"),
];

/// What a key's text depends on.
const PRINTING: [(&CStr, &CStr); 5] = [
    (c"DateStyle", c"ISO"),
    (c"IntervalStyle", c"postgres"),
    (c"TimeZone", c"UTC"),
    (c"extra_float_digits", c"1"),
    (c"bytea_output", c"hex"),
];

/// What changes how a user's trigger reads and prints values: given back while one can run.
const CALLER: [&CStr; 4] = [c"DateStyle", c"IntervalStyle", c"TimeZone", c"extra_float_digits"];

/// 32 MB, in kB as the setting counts. Comparing a million rows in 4 MB costs 60 % more.
const WORK_MEM_KB: i32 = 32 * 1024;

/// Settings made since it was opened. Without `close` they last until the transaction or
/// subtransaction ends, which is what an error leads to.
pub struct Level(i32);

impl Level {
    pub fn open() -> Level {
        // SAFETY: only counts a level up; levels are closed in reverse order, or by an abort.
        Level(unsafe { pg_sys::NewGUCNestLevel() })
    }

    pub fn set(&self, name: &CStr, value: &CStr) {
        // SAFETY: both are C strings; the server copies them. SAVE keeps the old value for `close`.
        unsafe {
            pg_sys::set_config_option(
                name.as_ptr(),
                value.as_ptr(),
                pg_sys::GucContext::PGC_USERSET,
                pg_sys::GucSource::PGC_S_SESSION,
                pg_sys::GucAction::GUC_ACTION_SAVE,
                true,
                0,
                false,
            );
        }
    }

    pub fn close(self) {
        // SAFETY: the level was opened by us and nothing above it is open any more.
        unsafe { pg_sys::AtEOXact_GUC(true, self.0) }
    }

    /// Closes it, with whatever was set inside it by anyone, as after an error.
    pub fn undo(self) {
        // SAFETY: as above.
        unsafe { pg_sys::AtEOXact_GUC(false, self.0) }
    }
}

/// The caller's own values of the settings that the engine changes.
pub struct Caller {
    values: Vec<(&'static CStr, CString)>,
    /// The search path, with pg_catalog before all others.
    path: CString,
    /// The schemas that it names.
    schemas: Vec<pg_sys::Oid>,
}

impl Caller {
    pub fn read() -> Caller {
        let schemas = explicit_path();
        let path = match schemas.contains(&CATALOG) {
            false => current(SEARCH_PATH).unwrap_or_default(),
            // Left out it comes first, and tables are still made where they were.
            true => path_of(&schemas),
        };
        let values = CALLER.iter().filter_map(|name| Some((*name, current(name)?))).collect();
        Caller { values, path, schemas }
    }

    /// Puts the caller's values in force in a level of their own.
    pub fn restore(&self) -> Level {
        let level = self.restore_path();
        for (name, value) in &self.values {
            level.set(name, value);
        }
        level
    }

    /// Puts the caller's search path in force in a level of its own, for what a user named or wrote.
    pub fn restore_path(&self) -> Level {
        let level = Level::open();
        level.set(SEARCH_PATH, &self.path);
        level
    }
}

/// The engine's settings, in force until closed. Its statements find what is built in and nothing else, or
/// whoever may create functions and operators in a schema of the path could have them run by the caller.
/// The operators of extensions' types (citext) stay where the caller's path has them.
pub fn engine(caller: &Caller) -> Result<Level> {
    let level = Level::open();
    level.set(SEARCH_PATH, c"pg_catalog, pg_temp");
    for (name, value) in ENGINE {
        level.set(name, value);
    }
    // SAFETY: reading a setting of this backend on its one thread.
    if unsafe { pg_sys::work_mem } < WORK_MEM_KB {
        level.set(c"work_mem", c"32MB");
    }
    let schemas: Vec<String> = caller.schemas.iter().map(|oid| oid.to_u32().to_string()).collect();
    let rows = statement::query(WITH_OPERATORS, &[Value::Text(format!("{{{}}}", schemas.join(",")))])?;
    let names = rows.iter().filter_map(|row| row.first().and_then(Value::as_str));
    let path = names.fold("pg_catalog".to_owned(), |path, name| format!("{path}, {}", Ident(name)));
    if let Ok(path) = CString::new(path + ", pg_temp") {
        level.set(SEARCH_PATH, &path);
    }
    Ok(level)
}

/// The schemas of a list in which an extension has an equality of its own, in the order of the list.
const WITH_OPERATORS: &str = "
SELECT n.nspname
FROM pg_catalog.unnest($1::pg_catalog.oid[]) WITH ORDINALITY s (oid, place)
JOIN pg_catalog.pg_namespace n ON n.oid = s.oid
WHERE EXISTS (SELECT FROM pg_catalog.pg_operator o
              JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_operator'::pg_catalog.regclass AND d.objid = o.oid
              WHERE o.oprname = '=' AND o.oprnamespace = s.oid AND d.deptype = 'e')
ORDER BY s.place";

const SEARCH_PATH: &CStr = c"search_path";
const CATALOG: pg_sys::Oid = pg_sys::Oid::from_u32(pg_sys::PG_CATALOG_NAMESPACE);

/// The schemas that the search path names, without those that are searched unnamed.
fn explicit_path() -> Vec<pg_sys::Oid> {
    // SAFETY: the server makes the list in the current memory context; it is as long as it says and
    // holds OIDs.
    unsafe {
        let list = pg_sys::fetch_search_path(false);
        let Some(list) = list.as_ref() else { return Vec::new() };
        let cells = std::slice::from_raw_parts(list.elements, usize::try_from(list.length).unwrap_or(0));
        cells.iter().map(|cell| cell.oid_value).collect()
    }
}

/// A search path of these schemas but pg_catalog.
fn path_of(schemas: &[pg_sys::Oid]) -> CString {
    let names = schemas.iter().filter(|oid| **oid != CATALOG).filter_map(|oid| {
        // SAFETY: a lookup; null where the schema is gone, else a string of the current memory context.
        let name = unsafe { pg_sys::get_namespace_name(*oid).as_ref().map(|name| CStr::from_ptr(name)) };
        Some(Ident(name?.to_str().ok()?).to_string())
    });
    CString::new(names.collect::<Vec<_>>().join(", ")).unwrap_or_default()
}

/// Settings under which every value is printed in one way, until closed.
pub fn printing() -> Level {
    let level = Level::open();
    for (name, value) in PRINTING {
        level.set(name, value);
    }
    level
}

/// Operators are the server's own until closed, whatever schemas the caller has put before them.
pub fn own_operators() -> Level {
    let level = Level::open();
    level.set(SEARCH_PATH, c"pg_catalog, pg_temp");
    level
}

/// A limit of 5 s for the locks taken until closed, where the caller has set none.
pub fn lock_limit() -> Option<Level> {
    // SAFETY: reading a setting of this backend on its one thread.
    if unsafe { pg_sys::LockTimeout } != 0 {
        return None;
    }
    let level = Level::open();
    level.set(c"lock_timeout", c"5s");
    Some(level)
}

/// A setting as text; units are the setting's own, as SET takes a bare number.
fn current(name: &CStr) -> Option<CString> {
    // SAFETY: the name is a C string; the answer points to memory of the server that is valid
    // until the next change of a setting, and is copied at once.
    unsafe {
        let value = pg_sys::GetConfigOption(name.as_ptr(), true, false);
        (!value.is_null()).then(|| CStr::from_ptr(value).to_owned())
    }
}
