//! The PostgreSQL extension: SQL functions over the core, and the core's port over the server's
//! own interfaces (SPI, table access method, subtransactions).
//!
//! Errors of the server arrive as unwinding panics (pgrx). They are caught in one place only,
//! [`scope`], after which the subtransaction is rolled back; everywhere else they pass, and the
//! server's abort releases what was held: SPI connections, portals, relations, settings.

mod catalog;
mod cursor;
mod errors;
mod functions;
mod guard;
mod load;
mod role;
mod scope;
mod script;
mod session;
mod settings;
mod statement;
mod track;
mod values;

pgrx::pg_module_magic!();
