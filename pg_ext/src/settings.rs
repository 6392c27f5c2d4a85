//! Server settings for the length of a call, as nest levels that the server itself undoes when
//! the (sub)transaction they were made in aborts.

use std::ffi::{CStr, CString};

use pgrx::pg_sys;

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
}

/// The caller's own values of the settings that the engine changes.
pub struct Caller(Vec<(&'static CStr, CString)>);

impl Caller {
    pub fn read() -> Caller {
        Caller(CALLER.iter().filter_map(|name| Some((*name, current(name)?))).collect())
    }

    /// Puts the caller's values in force in a level of their own.
    pub fn restore(&self) -> Level {
        let level = Level::open();
        for (name, value) in &self.0 {
            level.set(name, value);
        }
        level
    }
}

/// The engine's settings, in force until closed.
pub fn engine() -> Level {
    let level = Level::open();
    for (name, value) in ENGINE {
        level.set(name, value);
    }
    // SAFETY: reading a setting of this backend on its one thread.
    if unsafe { pg_sys::work_mem } < WORK_MEM_KB {
        level.set(c"work_mem", c"32MB");
    }
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
