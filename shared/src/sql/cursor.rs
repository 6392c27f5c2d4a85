//! How far each incremental table has been read.

use crate::session::Dialect;

use super::{Sql, spelling};

/// The cursors of a phase: rows of (table, column, group, value). Parameter: phase.
pub fn cursors(dialect: Dialect) -> Sql {
    Sql::new(format!(
        "SELECT table_name, column_name, group_key, cursor_value FROM {} WHERE phase = $1",
        spelling(dialect).own("sync_cursor")
    ))
}

/// Keeps a cursor; one that is the same already is not touched. Parameters: phase, table, group,
/// column, value, run.
pub fn keep_cursor(dialect: Dialect) -> Sql {
    Sql::new(format!(
        "INSERT INTO {} AS c (phase, table_name, group_key, column_name, cursor_value, run_id)\n\
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (phase, table_name, group_key) DO UPDATE\n\
         SET column_name = excluded.column_name, cursor_value = excluded.cursor_value, run_id = excluded.run_id\n\
         WHERE c.column_name <> excluded.column_name OR c.cursor_value <> excluded.cursor_value",
        spelling(dialect).own("sync_cursor")
    ))
}

/// Forgets one cursor. Parameters: phase, table, group.
pub fn forget_cursor(dialect: Dialect) -> Sql {
    Sql::new(format!(
        "DELETE FROM {} WHERE phase = $1 AND table_name = $2 AND group_key = $3",
        spelling(dialect).own("sync_cursor")
    ))
}

/// Forgets the cursors of tables that left the plan.
pub fn cursor_clear(dialect: Dialect) -> Sql {
    let spell = spelling(dialect);
    Sql::new(format!(
        "DELETE FROM {} AS c WHERE NOT EXISTS (SELECT 1 FROM {} t WHERE t.phase = c.phase AND t.plan_name = c.table_name)",
        spell.own("sync_cursor"),
        spell.own("phase_table"),
    ))
}

/// The newest run of a phase that wrote: one row, of NULL where there is none. Parameter: phase.
pub fn newest_run(dialect: Dialect) -> Sql {
    Sql::new(format!(
        "SELECT max(run_id) FROM {} WHERE phase = $1 AND status = 'ok' AND kind IN ('sync', 'replay')",
        spelling(dialect).own("run")
    ))
}
