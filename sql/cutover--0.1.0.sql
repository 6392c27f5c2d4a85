\echo Use "CREATE EXTENSION cutover" to load this file. \quit

-- Tables: the plan and its history, who owns each phase, and the log of runs.
-- SQLite has the same tables as cutover_* (shared/src/sql/sqlite_tables.sql).

CREATE TABLE cutover.plan (
    plan_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    document  text NOT NULL,
    loaded_at timestamptz NOT NULL DEFAULT now(),
    loaded_by text NOT NULL DEFAULT current_user
);
COMMENT ON TABLE cutover.plan IS 'Every plan that was loaded, as the document it was; the newest is in force.';

CREATE TABLE cutover.phase (
    phase     text PRIMARY KEY,
    ordinal   integer NOT NULL,
    authority text NOT NULL DEFAULT 'source' CHECK (authority IN ('source', 'frozen', 'local')),
    synced_at timestamptz
);
COMMENT ON TABLE cutover.phase IS 'The phases of the plan in force: who owns each, and when it was last synced.';

CREATE TABLE cutover.phase_table (
    phase       text NOT NULL REFERENCES cutover.phase ON DELETE CASCADE,
    ordinal     integer NOT NULL,
    plan_name   text NOT NULL,
    schema_name text NOT NULL,
    table_name  text NOT NULL,
    PRIMARY KEY (phase, ordinal)
);
CREATE INDEX phase_table_name ON cutover.phase_table (schema_name, table_name);
COMMENT ON TABLE cutover.phase_table IS 'Which phase each table belongs to, and which table each name of the plan was when it was loaded.';

CREATE TABLE cutover.run (
    run_id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    phase         text NOT NULL,
    kind          text NOT NULL CHECK (kind IN ('sync', 'dry_run', 'rehearse')),
    status        text NOT NULL CHECK (status IN ('ok', 'failed')),
    plan_id       bigint,
    started_at    timestamptz NOT NULL,
    finished_at   timestamptz NOT NULL,
    called_by     text NOT NULL,
    sqlstate      text,
    error_message text,
    error_detail  text,
    error_hint    text
);
CREATE INDEX run_phase ON cutover.run (phase, run_id);
COMMENT ON TABLE cutover.run IS 'One row per run of a phase; a run that raised its error leaves none.';

CREATE TABLE cutover.run_table (
    run_id      bigint NOT NULL REFERENCES cutover.run ON DELETE CASCADE,
    ordinal     integer NOT NULL,
    table_name  text NOT NULL,
    write       text NOT NULL,
    mode        text NOT NULL,
    staged      bigint NOT NULL,
    inserted    bigint NOT NULL,
    updated     bigint NOT NULL,
    unchanged   bigint NOT NULL,
    deleted     bigint NOT NULL,
    preserved   bigint NOT NULL,
    quarantined bigint NOT NULL,
    skipped     bigint NOT NULL,
    elapsed_ms  bigint NOT NULL,
    notes       text,
    examples    jsonb,
    PRIMARY KEY (run_id, ordinal)
);
COMMENT ON TABLE cutover.run_table IS 'What each run did to each table: the report, its warnings, and example rows of a dry run.';

CREATE TABLE cutover.quarantine (
    phase      text NOT NULL,
    table_name text NOT NULL,
    row_key    text NOT NULL,
    reason     text NOT NULL,
    detail     text NOT NULL,
    row_data   jsonb NOT NULL,
    first_run  bigint NOT NULL,
    last_run   bigint NOT NULL,
    PRIMARY KEY (phase, table_name, row_key)
);
COMMENT ON TABLE cutover.quarantine IS
    'Source rows that are refused now: one per table and key, with the run that first refused it and the last that changed the entry.';

CREATE TABLE cutover.sync_cursor (
    phase        text NOT NULL,
    table_name   text NOT NULL,
    group_key    text NOT NULL DEFAULT '',
    column_name  text NOT NULL,
    cursor_value text NOT NULL,
    run_id       bigint NOT NULL,
    PRIMARY KEY (phase, table_name, group_key)
);
COMMENT ON TABLE cutover.sync_cursor IS 'How far each incremental table has been read.';

CREATE TABLE cutover.stub (
    phase         text NOT NULL,
    table_name    text NOT NULL,
    row_key       text NOT NULL,
    created_run   bigint NOT NULL,
    completed_run bigint,
    PRIMARY KEY (phase, table_name, row_key)
);
COMMENT ON TABLE cutover.stub IS 'Rows made only because others refer to them.';

CREATE VIEW cutover.last_report AS
SELECT r.run_id, r.phase, r.kind, r.finished_at, t.table_name, t.write, t.mode, t.staged, t.inserted, t.updated,
       t.unchanged, t.deleted, t.preserved, t.quarantined, t.skipped, t.elapsed_ms, t.notes, t.examples
FROM cutover.run r JOIN cutover.run_table t ON t.run_id = r.run_id
WHERE r.run_id IN (SELECT max(run_id) FROM cutover.run WHERE status = 'ok' GROUP BY phase)
ORDER BY r.run_id, t.ordinal;
COMMENT ON VIEW cutover.last_report IS 'The report of each phase''s newest run that succeeded, dry runs included.';

CREATE VIEW cutover.phase_status AS
SELECT p.phase, p.authority, p.synced_at AS last_success,
       f.finished_at AS last_failure, f.sqlstate AS last_sqlstate, f.error_message AS last_error,
       (SELECT count(*) FROM cutover.run r
        WHERE r.phase = p.phase AND r.kind = 'sync' AND r.status = 'failed'
          AND r.run_id > coalesce((SELECT max(o.run_id) FROM cutover.run o
                                   WHERE o.phase = p.phase AND o.kind = 'sync' AND o.status = 'ok'), 0)
       ) AS failures_in_a_row,
       (SELECT count(*) FROM cutover.quarantine q WHERE q.phase = p.phase) AS quarantined
FROM cutover.phase p
LEFT JOIN cutover.run f ON f.run_id = (SELECT max(r.run_id) FROM cutover.run r
                                       WHERE r.phase = p.phase AND r.status = 'failed')
ORDER BY p.ordinal;
COMMENT ON VIEW cutover.phase_status IS 'Each phase: who owns it, its last success, its last error and the failures since.';

-- Functions (one per function of shared/src/api.rs).
