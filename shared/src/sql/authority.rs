//! Statements on who owns a phase, and who has changed that.

use crate::session::Dialect;

use super::{Sql, spelling};

/// Sets who owns a phase. Parameters: authority, phase.
pub fn set_authority(dialect: Dialect) -> Sql {
    Sql::new(format!("UPDATE {} SET authority = $1 WHERE phase = $2", spelling(dialect).own("phase")))
}

/// Keeps a change of authority. Parameters: phase, what it was, what it is, role, run_id.
pub fn log_authority(dialect: Dialect) -> Sql {
    let spell = spelling(dialect);
    Sql::new(format!(
        "INSERT INTO {} (phase, was, authority, changed_by, run_id, changed_at) VALUES ($1, $2, $3, $4, CAST($5 AS bigint), {})",
        spell.own("authority_log"),
        spell.now()
    ))
}

/// When a phase got the authority that it has: a row of an instant, UTC, `2026-01-31 05:00:00.000Z`, or
/// none. Parameter: phase.
pub fn authority_since(dialect: Dialect) -> Sql {
    let spell = spelling(dialect);
    let instant = match dialect {
        Dialect::Postgres => {
            "pg_catalog.to_char(changed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.MS\"Z\"')"
        }
        Dialect::Sqlite => "changed_at",
    };
    Sql::new(format!(
        "SELECT {instant} FROM {} WHERE phase = $1 ORDER BY change_id DESC LIMIT 1",
        spell.own("authority_log")
    ))
}

/// The tables of a phase that have quarantined rows: rows of (table, count). Parameter: phase.
pub fn count_quarantined(dialect: Dialect) -> Sql {
    Sql::new(format!(
        "SELECT table_name, count(*) FROM {} WHERE phase = $1 GROUP BY table_name ORDER BY table_name",
        spelling(dialect).own("quarantine")
    ))
}

/// All tables of all phases: rows of (phase, schema, name).
pub fn all_phase_tables(dialect: Dialect) -> Sql {
    Sql::new(format!(
        "SELECT DISTINCT phase, schema_name, table_name FROM {} ORDER BY 1, 2, 3",
        spelling(dialect).own("phase_table")
    ))
}
