//! Statements on cutover's own tables: plans, phases, runs. Parameters are `$n` in both dialects
//! (SQLite numbers them in order of appearance, so each statement uses them in order).

use crate::session::Dialect;

use super::{Sql, spelling};

/// SQLite's tables, made by the first `load_plan`; PostgreSQL's are in its extension script.
pub fn create_catalog() -> impl Iterator<Item = Sql> {
    super::upgrade::statements_of(include_str!("sqlite_tables.sql"))
}

/// The plan in force: a row of (plan_id, document), or none.
pub fn current_plan(dialect: Dialect) -> Sql {
    Sql::new(format!(
        "SELECT plan_id, document FROM {} ORDER BY plan_id DESC LIMIT 1",
        spelling(dialect).own("plan")
    ))
}

/// Keeps a plan. Parameters: document, role. Gives its plan_id.
pub fn insert_plan(dialect: Dialect) -> Sql {
    let spell = spelling(dialect);
    Sql::new(format!(
        "INSERT INTO {} (document, loaded_by, loaded_at) VALUES ($1, $2, {}) RETURNING plan_id",
        spell.own("plan"),
        spell.now()
    ))
}

/// Keeps a phase. Parameters: phase, ordinal. What is known of its authority stays.
pub fn upsert_phase(dialect: Dialect) -> Sql {
    Sql::new(format!(
        "INSERT INTO {} (phase, ordinal) VALUES ($1, $2) ON CONFLICT (phase) DO UPDATE SET ordinal = excluded.ordinal",
        spelling(dialect).own("phase")
    ))
}

/// Forgets a phase that left the plan. Parameter: phase.
pub fn delete_phase(dialect: Dialect) -> Sql {
    Sql::new(format!("DELETE FROM {} WHERE phase = $1", spelling(dialect).own("phase")))
}

/// Forgets which tables phases have.
pub fn clear_phase_tables(dialect: Dialect) -> Sql {
    Sql::new(format!("DELETE FROM {}", spelling(dialect).own("phase_table")))
}

/// Keeps a table of a phase. Parameters: phase, ordinal, the plan's name of it, schema, name.
pub fn insert_phase_table(dialect: Dialect) -> Sql {
    Sql::new(format!(
        "INSERT INTO {} (phase, ordinal, plan_name, schema_name, table_name) VALUES ($1, $2, $3, $4, $5)",
        spelling(dialect).own("phase_table")
    ))
}

/// A phase's tables in plan order: rows of (schema, name). Parameter: phase.
pub fn phase_tables(dialect: Dialect) -> Sql {
    Sql::new(format!(
        "SELECT schema_name, table_name FROM {} WHERE phase = $1 ORDER BY ordinal",
        spelling(dialect).own("phase_table")
    ))
}

/// The phase and its authority to which a table belongs: a row or none. Parameters: schema, name.
pub fn owner_of(dialect: Dialect) -> Sql {
    let spell = spelling(dialect);
    Sql::new(format!(
        "SELECT p.phase, p.authority FROM {} t JOIN {} p ON p.phase = t.phase WHERE t.schema_name = $1 AND t.table_name = $2",
        spell.own("phase_table"),
        spell.own("phase")
    ))
}

/// All phases: rows of (phase, authority, whether it was ever synced), in plan order.
pub fn phase_states(dialect: Dialect) -> Sql {
    Sql::new(format!(
        "SELECT phase, authority, synced_at IS NOT NULL FROM {} ORDER BY ordinal",
        spelling(dialect).own("phase")
    ))
}

/// Takes the phase for this transaction: a row of a truth value, false where another session has
/// it. Parameter: phase. None in SQLite, where the write lock alone decides.
pub fn lock_phase(dialect: Dialect) -> Option<Sql> {
    // The first number is "cuto" in ASCII, which keeps our locks apart from an application's.
    (dialect == Dialect::Postgres)
        .then(|| Sql::new("SELECT pg_catalog.pg_try_advisory_xact_lock(1668641903, pg_catalog.hashtext($1))"))
}

/// Locks the phase's row. Parameter: phase. None in SQLite.
pub fn lock_phase_row(dialect: Dialect) -> Option<Sql> {
    (dialect == Dialect::Postgres)
        .then(|| Sql::new("SELECT 1 FROM cutover.phase WHERE phase = $1 FOR UPDATE"))
}

/// Keeps the phase's row as it is until the transaction ends: a row, or none where another session
/// has it. Parameter: phase. None in SQLite.
pub fn share_phase_row(dialect: Dialect) -> Option<Sql> {
    (dialect == Dialect::Postgres)
        .then(|| Sql::new("SELECT 1 FROM cutover.phase WHERE phase = $1 FOR SHARE SKIP LOCKED"))
}

/// Locks the rows of all phases. None in SQLite.
pub fn lock_phase_rows(dialect: Dialect) -> Option<Sql> {
    (dialect == Dialect::Postgres)
        .then(|| Sql::new("SELECT 1 FROM cutover.phase ORDER BY ordinal FOR UPDATE"))
}

/// Begins the log of a run. Parameters: phase, kind, status, plan_id, started, role, the time of
/// its oldest source file. Gives its run_id.
pub fn insert_run(dialect: Dialect) -> Sql {
    let spell = spelling(dialect);
    Sql::new(format!(
        "INSERT INTO {} (phase, kind, status, plan_id, started_at, finished_at, called_by, source_time)\n\
         VALUES ($1, $2, $3, $4, {}, {}, $6, {}) RETURNING run_id",
        spell.own("run"),
        spell.instant(5),
        spell.now(),
        spell.instant(7)
    ))
}

/// Keeps why a run failed. Parameters: sqlstate, message, detail, hint, run_id.
pub fn fail_run(dialect: Dialect) -> Sql {
    Sql::new(format!(
        "UPDATE {} SET sqlstate = $1, error_message = $2, error_detail = $3, error_hint = $4 WHERE run_id = $5",
        spelling(dialect).own("run")
    ))
}

/// Ends the log of a run. Parameter: run_id.
pub fn finish_run(dialect: Dialect) -> Sql {
    let spell = spelling(dialect);
    Sql::new(format!("UPDATE {} SET finished_at = {} WHERE run_id = $1", spell.own("run"), spell.now()))
}

/// Keeps a table's report. Parameters: run_id, ordinal, then the columns of the report, notes, examples.
pub fn insert_run_table(dialect: Dialect) -> Sql {
    let spell = spelling(dialect);
    Sql::new(format!(
        "INSERT INTO {} (run_id, ordinal, table_name, write, mode, staged, inserted, updated, unchanged, deleted,\n  \
         preserved, quarantined, skipped, elapsed_ms, notes, examples)\n\
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, {})",
        spell.own("run_table"),
        spell.json(16)
    ))
}

/// Notes that the phase was synced. Parameter: phase.
pub fn mark_synced(dialect: Dialect) -> Sql {
    let spell = spelling(dialect);
    Sql::new(format!("UPDATE {} SET synced_at = {} WHERE phase = $1", spell.own("phase"), spell.now()))
}

/// Keeps a document of a run. Parameters: run_id, phase, source, place, document.
pub fn insert_raw_document(dialect: Dialect) -> Sql {
    Sql::new(format!(
        "INSERT INTO {} (run_id, phase, source, place, document) VALUES ($1, $2, $3, $4, $5)",
        spelling(dialect).own("raw_document")
    ))
}

/// Forgets the documents of a source that runs before this one read so long ago. Parameters: phase, source, run_id.
pub fn prune_raw_documents(dialect: Dialect, days: u32) -> Sql {
    let spell = spelling(dialect);
    Sql::new(format!(
        "DELETE FROM {} WHERE phase = $1 AND source = $2 AND run_id < $3 AND run_id IN (SELECT run_id FROM {} WHERE finished_at < {})",
        spell.own("raw_document"),
        spell.own("run"),
        spell.days_ago(days)
    ))
}

/// Forgets old runs, except the newest of each phase: first their tables and documents, then themselves.
pub fn prune_runs(dialect: Dialect, days: u32) -> [Sql; 3] {
    let spell = spelling(dialect);
    let (run, run_table, raw) = (spell.own("run"), spell.own("run_table"), spell.own("raw_document"));
    let old = format!(
        "SELECT run_id FROM {run} WHERE finished_at < {} AND run_id NOT IN (SELECT max(run_id) FROM {run} GROUP BY phase, status)",
        spell.days_ago(days)
    );
    [
        Sql::new(format!("DELETE FROM {run_table} WHERE run_id IN ({old})")),
        Sql::new(format!("DELETE FROM {raw} WHERE run_id IN ({old})")),
        Sql::new(format!("DELETE FROM {run} WHERE run_id IN ({old})")),
    ]
}
