//! Working as another role: what a superuser's run does while another role's triggers can fire, and the trigger
//! of tracked tables while it writes to cutover's.

use std::ffi::CString;

use cutover_core::{Error, Kind, Result};
use pgrx::pg_sys;

/// A role and what it may not do. An abort of the (sub)transaction puts back the one before.
pub struct AsRole {
    user: pg_sys::Oid,
    context: i32,
}

impl AsRole {
    /// The role of this name, kept from setting another role and from leaving something behind (a deferred
    /// trigger, a temporary table, a prepared statement) that runs when the caller is itself again.
    pub fn named(name: &str) -> Result<AsRole> {
        let name = CString::new(name)
            .map_err(|_| Error::new(Kind::InvalidName, "a name cannot hold the character NUL"))?;
        // SAFETY: a lookup of a C string; raises where there is no such role.
        Ok(AsRole::of(unsafe { pg_sys::get_role_oid(name.as_ptr(), false) }))
    }

    /// The role of this OID, kept from the same.
    pub fn of(user: pg_sys::Oid) -> AsRole {
        let restricted = pg_sys::SECURITY_LOCAL_USERID_CHANGE | pg_sys::SECURITY_RESTRICTED_OPERATION;
        AsRole { user, context: now().context | restricted as i32 }
    }

    /// Works as this role from now on, and gives the one before.
    pub fn begin(&self) -> AsRole {
        let before = now();
        // SAFETY: the role exists; both values are what the server itself keeps.
        unsafe { pg_sys::SetUserIdAndSecContext(self.user, self.context) };
        before
    }
}

fn now() -> AsRole {
    let (mut user, mut context) = (pg_sys::InvalidOid, 0);
    // SAFETY: the server writes both.
    unsafe { pg_sys::GetUserIdAndSecContext(&mut user, &mut context) };
    AsRole { user, context }
}
