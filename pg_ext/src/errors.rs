//! Errors across the border: the core's become `ereport(ERROR)`, the server's become the core's.

use cutover_core::{Error, Kind};
use pgrx::pg_sys::panic::{CaughtError, ErrorReport, ErrorReportWithLevel};
use pgrx::{PgLogLevel, PgSqlErrorCode};

/// Raises a core error as the server's own, with its SQLSTATE, detail and hint.
pub fn raise(error: Error) -> ! {
    report(error.kind.sqlstate(), &error.message, &error.detail, &error.hint, PgLogLevel::ERROR);
    unreachable!("an error report of level ERROR does not return")
}

/// Sends a message of any level to the client; ERROR does not return.
pub fn report(
    sqlstate: &str,
    message: &str,
    detail: &Option<String>,
    hint: &Option<String>,
    level: PgLogLevel,
) {
    let mut report = ErrorReport::new(pack(sqlstate), without_nul(message), "cutover");
    if let Some(detail) = detail {
        report = report.set_detail(without_nul(detail));
    }
    if let Some(hint) = hint {
        report = report.set_hint(without_nul(hint));
    }
    report.report(level);
}

/// The core's view of an error that the server (or our own code, by panicking) raised; the error
/// itself where nobody may swallow it.
pub fn from_caught(caught: CaughtError) -> Result<Error, Box<CaughtError>> {
    let report = match &caught {
        CaughtError::PostgresError(report) | CaughtError::ErrorReport(report) => report,
        CaughtError::RustPanic { .. } => return Err(Box::new(caught)),
    };
    let code = unpack(report.sql_error_code());
    if must_pass(&code, report) {
        return Err(Box::new(caught));
    }
    let mut error = Error::new(Kind::Database(code), report.message());
    error.detail = report.detail().map(str::to_owned);
    error.hint = report.hint().map(str::to_owned);
    Ok(error)
}

/// A cancel, a shutdown, no memory, or an internal error. A SQLSTATE that PostgreSQL itself does
/// not know arrives from pgrx as XX000; PL/pgSQL's RAISE is where such codes come from, and a
/// trigger's RAISE is an ordinary error.
fn must_pass(code: &[u8; 5], report: &ErrorReportWithLevel) -> bool {
    match code {
        b"57014" | b"57P01" | b"57P02" | b"57P03" | b"53200" => true,
        [b'X', b'X', ..] => report.function_name() != Some("exec_stmt_raise"),
        _ => false,
    }
}

/// The five characters of a code, from PostgreSQL's six bits for each.
fn unpack(code: PgSqlErrorCode) -> [u8; 5] {
    let packed = code as i32;
    std::array::from_fn(|i| ((packed >> (6 * i)) & 0x3F) as u8 + b'0')
}

fn pack(sqlstate: &str) -> PgSqlErrorCode {
    let packed = sqlstate
        .bytes()
        .take(5)
        .enumerate()
        .fold(0, |sum, (i, c)| sum | ((i32::from(c.wrapping_sub(b'0')) & 0x3F) << (6 * i)));
    PgSqlErrorCode::from(packed)
}

/// The server takes messages as C strings; data quoted in one may hold a NUL.
fn without_nul(text: &str) -> String {
    text.replace('\0', "\u{FFFD}")
}
