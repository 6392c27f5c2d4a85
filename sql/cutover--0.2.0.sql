\echo Use "CREATE EXTENSION cutover" to load this file. \quit

-- Tables: the plan and its history, who owns each phase, and the log of runs.
-- SQLite has the same tables as cutover_* (shared/src/sql/sqlite_tables.sql). They do not refer to each
-- other by foreign keys: pg_restore -j fills the tables of an extension in no particular order.

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
    phase       text NOT NULL,
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
    kind          text NOT NULL CHECK (kind IN ('sync', 'dry_run', 'rehearse', 'replay', 'push', 'restore')),
    status        text NOT NULL CHECK (status IN ('ok', 'failed')),
    plan_id       bigint,
    started_at    timestamptz NOT NULL,
    finished_at   timestamptz NOT NULL,
    called_by     text NOT NULL,
    sqlstate      text,
    error_message text,
    error_detail  text,
    error_hint    text,
    source_time   timestamptz
);
CREATE INDEX run_phase ON cutover.run (phase, run_id);
COMMENT ON TABLE cutover.run IS 'One row per run of a phase; a run that raised its error leaves none.';

CREATE TABLE cutover.authority_log (
    change_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    phase      text NOT NULL,
    was        text NOT NULL,
    authority  text NOT NULL,
    changed_at timestamptz NOT NULL,
    changed_by text NOT NULL,
    run_id     bigint
);
CREATE INDEX authority_log_phase ON cutover.authority_log (phase, change_id);
COMMENT ON TABLE cutover.authority_log IS 'Every change of a phase''s authority: by whom, when, and after which run.';

CREATE TABLE cutover.run_table (
    run_id      bigint NOT NULL,
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

CREATE TABLE cutover.change_batch (
    phase           text NOT NULL,
    number          bigint NOT NULL,
    batch_id        uuid NOT NULL UNIQUE,
    path            text NOT NULL,
    upserts         bigint NOT NULL,
    deletes         bigint NOT NULL,
    sha256          text NOT NULL,
    created_at      timestamptz NOT NULL,
    created_by      text NOT NULL,
    acknowledged_at timestamptz,
    PRIMARY KEY (phase, number)
);
COMMENT ON TABLE cutover.change_batch IS 'The batches in which local changes left: where to, how many, and whether they arrived.';

CREATE TABLE cutover.change (
    phase      text NOT NULL,
    table_name text NOT NULL,
    row_key    text COLLATE "C" NOT NULL,
    op         text NOT NULL CHECK (op IN ('upsert', 'delete')),
    changed_at timestamptz NOT NULL,
    changed_by text NOT NULL,
    batch      bigint,
    image      json
);
CREATE UNIQUE INDEX change_pending ON cutover.change (phase, table_name, row_key) WHERE batch IS NULL;
CREATE UNIQUE INDEX change_in_batch ON cutover.change (phase, batch, table_name, row_key) WHERE batch IS NOT NULL;
COMMENT ON TABLE cutover.change IS
    'Rows that were changed here: one entry per key until it leaves in a batch, which then keeps the row as it was.';

CREATE TABLE cutover.migration (
    number          bigint PRIMARY KEY,
    name            text NOT NULL,
    checksum        text NOT NULL,
    package         text,
    applied_at      timestamptz NOT NULL,
    applied_by      text NOT NULL,
    elapsed_ms      bigint NOT NULL,
    cutover_version text NOT NULL
);
COMMENT ON TABLE cutover.migration IS 'The migrations that were applied, each with the SHA-256 of its file.';

CREATE TABLE cutover.migration_pending (
    number bigint PRIMARY KEY,
    name   text NOT NULL
);
COMMENT ON TABLE cutover.migration_pending IS 'The migrations that the last apply_migrations saw and did not apply.';

CREATE TABLE cutover.raw_document (
    run_id   bigint NOT NULL,
    phase    text NOT NULL,
    source   text NOT NULL,
    place    text NOT NULL,
    document text NOT NULL
);
CREATE INDEX raw_document_run ON cutover.raw_document (run_id);
CREATE INDEX raw_document_source ON cutover.raw_document (phase, source, run_id);
COMMENT ON TABLE cutover.raw_document IS 'The documents that runs read, as they were, where the plan keeps them.';

CREATE VIEW cutover.last_report AS
SELECT r.run_id, r.phase, r.kind, r.finished_at, t.table_name, t.write, t.mode, t.staged, t.inserted, t.updated,
       t.unchanged, t.deleted, t.preserved, t.quarantined, t.skipped, t.elapsed_ms, t.notes, t.examples
FROM cutover.run r JOIN cutover.run_table t ON t.run_id = r.run_id
WHERE r.run_id IN (SELECT max(run_id) FROM cutover.run WHERE status = 'ok' GROUP BY phase)
ORDER BY r.run_id, t.ordinal;
COMMENT ON VIEW cutover.last_report IS 'The report of each phase''s newest run that succeeded, dry runs included.';

CREATE VIEW cutover.phase_status AS
WITH planned AS (
    SELECT h.value ->> 'name' AS phase, t.value ->> 'table' AS plan_name,
           t.value ->> 'source' IS NOT NULL AS sourced, t.value ->> 'push_to' IS NOT NULL AS pushed
    FROM (SELECT document FROM cutover.plan ORDER BY plan_id DESC LIMIT 1) n,
         json_array_elements(n.document::json -> 'phases') h (value),
         json_array_elements(h.value -> 'tables') t (value)
), waiting AS (
    SELECT c.phase, count(*) AS entries, count(l.phase) AS pushed
    FROM cutover.change c
    LEFT JOIN (SELECT DISTINCT phase, plan_name FROM planned WHERE pushed) l ON l.phase = c.phase AND l.plan_name = c.table_name
    GROUP BY c.phase
)
SELECT p.phase, p.authority, p.synced_at AS last_success,
       f.finished_at AS last_failure, f.sqlstate AS last_sqlstate, f.error_message AS last_error,
       (SELECT count(*) FROM cutover.run r
        WHERE r.phase = p.phase AND r.kind = 'sync' AND r.status = 'failed'
          AND r.run_id > coalesce(o.run_id, 0)
       ) AS failures_in_a_row,
       (SELECT count(*) FROM cutover.quarantine q WHERE q.phase = p.phase) AS quarantined,
       a.changed_at AS authority_since, a.changed_by AS authority_by, o.run_id AS last_run,
       (SELECT sum(t.staged)::bigint FROM cutover.run_table t WHERE t.run_id = o.run_id) AS last_rows, o.source_time,
       coalesce(w.entries, 0) AS pending_changes,
       ltrim(replace(
           CASE WHEN p.authority = 'local' THEN ''
                WHEN EXISTS (SELECT 1 FROM planned l WHERE l.phase = p.phase AND l.sourced) THEN 'sync_phase(~)'
                ELSE 'import_backup(''archive'', ''mode'')' END
           || CASE WHEN p.authority = 'source' THEN ', freeze_phase(~), cutover_phase(~)'
                   WHEN p.authority = 'frozen' THEN ', cutover_phase(~), reopen_phase(~)'
                   WHEN w.phase IS NULL THEN 'reopen_phase(~)' ELSE '' END
           || CASE WHEN w.phase IS NULL THEN '' ELSE ', export_changes(~, ''folder'')' END
           || CASE WHEN w.pushed = w.entries THEN ', push_changes(~)' ELSE '' END
           || CASE WHEN EXISTS (SELECT 1 FROM cutover.change_batch b WHERE b.phase = p.phase AND b.acknowledged_at IS NULL)
                   THEN ', acknowledge_changes(''id'')' ELSE '' END,
           '~', '''' || replace(p.phase, '''', '''''') || ''''), ', ') AS next_calls
FROM cutover.phase p
LEFT JOIN waiting w ON w.phase = p.phase
LEFT JOIN cutover.authority_log a ON a.change_id = (SELECT max(l.change_id) FROM cutover.authority_log l WHERE l.phase = p.phase)
LEFT JOIN cutover.run o ON o.run_id = (SELECT max(r.run_id) FROM cutover.run r
                                       WHERE r.phase = p.phase AND r.kind = 'sync' AND r.status = 'ok')
LEFT JOIN cutover.run f ON f.run_id = (SELECT max(r.run_id) FROM cutover.run r
                                       WHERE r.phase = p.phase AND r.status = 'failed')
ORDER BY p.ordinal;
COMMENT ON VIEW cutover.phase_status IS 'Each phase: who owns it and since when, its last sync, its last error and the failures since, and what may be called next.';

-- Functions (one per function of shared/src/api.rs).

-- None is STRICT: a NULL where a value is needed is 22004, not a silent NULL.

CREATE FUNCTION cutover.version()
RETURNS text
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'version_wrapper';
COMMENT ON FUNCTION cutover.version() IS 'The version of the extension''s library.';

CREATE FUNCTION cutover.import_parquet(path text, target text DEFAULT NULL, write text DEFAULT 'append')
RETURNS TABLE (phase text, table_name text, write text, mode text, staged bigint, inserted bigint, updated bigint,
               unchanged bigint, deleted bigint, preserved bigint, quarantined bigint, skipped bigint, elapsed_ms bigint)
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'import_parquet_wrapper';
COMMENT ON FUNCTION cutover.import_parquet(text, text, text) IS 'Imports a Parquet file, a folder or a glob into a table, which is made where there is none.';

CREATE FUNCTION cutover.export_parquet(source text, path text, overwrite boolean DEFAULT false)
RETURNS bigint
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'export_parquet_wrapper';
COMMENT ON FUNCTION cutover.export_parquet(text, text, boolean) IS 'Writes a relation or a query to a Parquet file and returns how many rows.';

CREATE FUNCTION cutover.import_json(path text, target text DEFAULT NULL, write text DEFAULT 'append')
RETURNS TABLE (phase text, table_name text, write text, mode text, staged bigint, inserted bigint, updated bigint,
               unchanged bigint, deleted bigint, preserved bigint, quarantined bigint, skipped bigint, elapsed_ms bigint)
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'import_json_wrapper';
COMMENT ON FUNCTION cutover.import_json(text, text, text) IS 'Imports a JSON file, a folder or a glob into a table, which is made where there is none.';

CREATE FUNCTION cutover.export_json(source text, path text, overwrite boolean DEFAULT false)
RETURNS bigint
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'export_json_wrapper';
COMMENT ON FUNCTION cutover.export_json(text, text, boolean) IS 'Writes a relation or a query to a file of newline-delimited JSON and returns how many rows.';

CREATE FUNCTION cutover.parquet_schema(path text)
RETURNS TABLE (column_name text, parquet_type text, column_type text, nullable boolean)
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'parquet_schema_wrapper';
COMMENT ON FUNCTION cutover.parquet_schema(text) IS 'The columns of a Parquet file.';

CREATE FUNCTION cutover.load_plan(plan text)
RETURNS text
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'load_plan_wrapper';
COMMENT ON FUNCTION cutover.load_plan(text) IS 'Checks a plan, a path or the document itself, and puts it in force.';

CREATE FUNCTION cutover.show_plan()
RETURNS json
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'show_plan_wrapper';
COMMENT ON FUNCTION cutover.show_plan() IS 'The plan in force.';

CREATE FUNCTION cutover.check_plan()
RETURNS TABLE (severity text, sqlstate text, phase text, table_name text, message text, hint text)
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'check_plan_wrapper';
COMMENT ON FUNCTION cutover.check_plan() IS 'What is wrong with the plan in force, by the database as it is now.';

CREATE FUNCTION cutover.explain_phase(phase text)
RETURNS TABLE (step bigint, table_name text, action text, statement text)
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'explain_phase_wrapper';
COMMENT ON FUNCTION cutover.explain_phase(text) IS 'What a run of a phase would do, step by step.';

CREATE FUNCTION cutover.sync_phase(
    phase text, mode text DEFAULT 'auto', dry_run boolean DEFAULT false, rehearse boolean DEFAULT false,
    tables text[] DEFAULT NULL, since text DEFAULT NULL, root text DEFAULT NULL, max_delete text DEFAULT NULL,
    allow_empty boolean DEFAULT false, allow_cascade boolean DEFAULT false)
RETURNS TABLE (phase text, table_name text, write text, mode text, staged bigint, inserted bigint, updated bigint,
               unchanged bigint, deleted bigint, preserved bigint, quarantined bigint, skipped bigint, elapsed_ms bigint)
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'sync_phase_wrapper';
COMMENT ON FUNCTION cutover.sync_phase(text, text, boolean, boolean, text[], text, text, text, boolean, boolean) IS 'Makes the tables of a phase what its sources say.';

CREATE FUNCTION cutover.sync_phases(VARIADIC phases text[] DEFAULT '{}')
RETURNS TABLE (phase text, table_name text, write text, mode text, staged bigint, inserted bigint, updated bigint,
               unchanged bigint, deleted bigint, preserved bigint, quarantined bigint, skipped bigint, elapsed_ms bigint)
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'sync_phases_wrapper';
COMMENT ON FUNCTION cutover.sync_phases(text[]) IS 'Syncs several phases, in dependency order.';

CREATE FUNCTION cutover.sync_all()
RETURNS TABLE (phase text, table_name text, write text, mode text, staged bigint, inserted bigint, updated bigint,
               unchanged bigint, deleted bigint, preserved bigint, quarantined bigint, skipped bigint, elapsed_ms bigint)
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'sync_all_wrapper';
COMMENT ON FUNCTION cutover.sync_all() IS 'Syncs every phase whose authority is its source.';

CREATE FUNCTION cutover.sync_job(phase text)
RETURNS text
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'sync_job_wrapper';
COMMENT ON FUNCTION cutover.sync_job(text) IS 'Syncs a phase for a scheduler: ok, failed or skipped; a failure is recorded, not raised.';

CREATE FUNCTION cutover.replay_quarantine(phase text)
RETURNS TABLE (phase text, table_name text, write text, mode text, staged bigint, inserted bigint, updated bigint,
               unchanged bigint, deleted bigint, preserved bigint, quarantined bigint, skipped bigint, elapsed_ms bigint)
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'replay_quarantine_wrapper';
COMMENT ON FUNCTION cutover.replay_quarantine(text) IS 'Tries the quarantined rows of a phase again.';

CREATE FUNCTION cutover.verify_phase(phase text, examples integer DEFAULT 5, root text DEFAULT NULL)
RETURNS TABLE (phase text, table_name text, write text, source_rows bigint, target_rows bigint, matching bigint,
               missing bigint, extra bigint, different bigint, preserved bigint, quarantined bigint, skipped bigint,
               source_checksum text, target_checksum text, examples json)
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'verify_phase_wrapper';
COMMENT ON FUNCTION cutover.verify_phase(text, integer, text) IS 'Compares the sources of a phase with its tables, row by row, and writes nothing.';

CREATE FUNCTION cutover.validate_phase(phase text)
RETURNS TABLE (phase text, table_name text, check_name text, check_type text, severity text, status text, found bigint,
               detail text)
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'validate_phase_wrapper';
COMMENT ON FUNCTION cutover.validate_phase(text) IS 'Runs the checks of a phase on its tables as they are.';

CREATE FUNCTION cutover.export_changes(phase text, path text, format text DEFAULT 'parquet')
RETURNS TABLE (batch bigint, batch_id text, table_name text, upserts bigint, deletes bigint, file text)
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'export_changes_wrapper';
COMMENT ON FUNCTION cutover.export_changes(text, text, text) IS 'Writes what was changed here to files, and again what was never acknowledged.';

CREATE FUNCTION cutover.push_changes(phase text)
RETURNS TABLE (phase text, table_name text, write text, mode text, staged bigint, inserted bigint, updated bigint,
               unchanged bigint, deleted bigint, preserved bigint, quarantined bigint, skipped bigint, elapsed_ms bigint)
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'push_changes_wrapper';
COMMENT ON FUNCTION cutover.push_changes(text) IS 'Writes what was changed here to the relations that the plan names, and acknowledges it.';

CREATE FUNCTION cutover.acknowledge_changes(batch text)
RETURNS bigint
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'acknowledge_changes_wrapper';
COMMENT ON FUNCTION cutover.acknowledge_changes(text) IS 'Forgets the changes of a batch that has arrived, and returns how many there were.';

CREATE FUNCTION cutover.track_change()
RETURNS trigger
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'track_change_wrapper';
COMMENT ON FUNCTION cutover.track_change() IS 'Records local changes; the triggers of tracked tables call it.';

CREATE FUNCTION cutover.take_snapshot(phase text, key text, table_name text DEFAULT NULL)
RETURNS bigint
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'take_snapshot_wrapper';
COMMENT ON FUNCTION cutover.take_snapshot(text, text, text) IS 'Takes the snapshots of one row by hand, and returns how many.';

CREATE FUNCTION cutover.import_backup(
    path text, mode text, phases text[] DEFAULT NULL, tables text[] DEFAULT NULL, dry_run boolean DEFAULT false,
    rehearse boolean DEFAULT false, allow_local boolean DEFAULT false, max_delete text DEFAULT NULL,
    allow_empty boolean DEFAULT false, allow_cascade boolean DEFAULT false)
RETURNS TABLE (phase text, table_name text, write text, mode text, staged bigint, inserted bigint, updated bigint,
               unchanged bigint, deleted bigint, preserved bigint, quarantined bigint, skipped bigint, elapsed_ms bigint)
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'import_backup_wrapper';
COMMENT ON FUNCTION cutover.import_backup(text, text, text[], text[], boolean, boolean, boolean, text, boolean, boolean) IS 'Restores tables from a backup, by the external ids of their rows.';

CREATE FUNCTION cutover.freeze_phase(phase text)
RETURNS text
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'freeze_phase_wrapper';
COMMENT ON FUNCTION cutover.freeze_phase(text) IS 'Stops everybody but cutover from writing the tables of a phase.';

CREATE FUNCTION cutover.cutover_phase(
    phase text, allow_quarantined boolean DEFAULT false, allow_stale_source boolean DEFAULT false,
    rehearse boolean DEFAULT false, root text DEFAULT NULL, max_delete text DEFAULT NULL,
    allow_empty boolean DEFAULT false, allow_cascade boolean DEFAULT false)
RETURNS TABLE (phase text, table_name text, write text, mode text, staged bigint, inserted bigint, updated bigint,
               unchanged bigint, deleted bigint, preserved bigint, quarantined bigint, skipped bigint, elapsed_ms bigint)
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'cutover_phase_wrapper';
COMMENT ON FUNCTION cutover.cutover_phase(text, boolean, boolean, boolean, text, text, boolean, boolean) IS 'Syncs a phase for the last time and hands it over: from then on it is live here.';

CREATE FUNCTION cutover.cutover_phases(VARIADIC phases text[] DEFAULT '{}')
RETURNS TABLE (phase text, table_name text, write text, mode text, staged bigint, inserted bigint, updated bigint,
               unchanged bigint, deleted bigint, preserved bigint, quarantined bigint, skipped bigint, elapsed_ms bigint)
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'cutover_phases_wrapper';
COMMENT ON FUNCTION cutover.cutover_phases(text[]) IS 'Hands several phases over together, all or none.';

CREATE FUNCTION cutover.reopen_phase(phase text)
RETURNS text
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'reopen_phase_wrapper';
COMMENT ON FUNCTION cutover.reopen_phase(text) IS 'Gives a phase back to its source.';

CREATE FUNCTION cutover.repair_guards(phase text)
RETURNS text
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'repair_guards_wrapper';
COMMENT ON FUNCTION cutover.repair_guards(text) IS 'Reinstalls the triggers that guard the tables of a phase.';

CREATE FUNCTION cutover.export_backup(path text, phases text[] DEFAULT NULL, tables text[] DEFAULT NULL, overwrite boolean DEFAULT false)
RETURNS TABLE (table_name text, records bigint, bytes bigint, sha256 text)
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'export_backup_wrapper';
COMMENT ON FUNCTION cutover.export_backup(text, text[], text[], boolean) IS 'Writes the rows of the plan''s tables to an archive that other databases can take in.';

CREATE FUNCTION cutover.guard()
RETURNS trigger
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'guard_wrapper';
COMMENT ON FUNCTION cutover.guard() IS 'The trigger that refuses writes to a frozen table.';

CREATE FUNCTION cutover.apply_migrations(
    dir text, start_with text DEFAULT NULL, end_with text DEFAULT NULL, backup_dir text DEFAULT NULL,
    backup boolean DEFAULT NULL, manual boolean DEFAULT false)
RETURNS TABLE (number bigint, name text, package text, state text, elapsed_ms bigint)
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'apply_migrations_wrapper';
COMMENT ON FUNCTION cutover.apply_migrations(text, text, text, text, boolean, boolean) IS 'Runs the migrations of a folder that have not run, all or none.';

CREATE FUNCTION cutover.migration_status(dir text)
RETURNS TABLE (number bigint, name text, package text, state text, applied_at text, checksum text)
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'migration_status_wrapper';
COMMENT ON FUNCTION cutover.migration_status(text) IS 'Every migration of a folder with its state.';

-- Nothing is for everyone: GRANT what a role is to use.
REVOKE ALL ON FUNCTION cutover.version() FROM PUBLIC;
REVOKE ALL ON FUNCTION cutover.import_parquet(text, text, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION cutover.export_parquet(text, text, boolean) FROM PUBLIC;
REVOKE ALL ON FUNCTION cutover.import_json(text, text, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION cutover.export_json(text, text, boolean) FROM PUBLIC;
REVOKE ALL ON FUNCTION cutover.parquet_schema(text) FROM PUBLIC;
REVOKE ALL ON FUNCTION cutover.load_plan(text) FROM PUBLIC;
REVOKE ALL ON FUNCTION cutover.show_plan() FROM PUBLIC;
REVOKE ALL ON FUNCTION cutover.check_plan() FROM PUBLIC;
REVOKE ALL ON FUNCTION cutover.explain_phase(text) FROM PUBLIC;
REVOKE ALL ON FUNCTION cutover.sync_phase(text, text, boolean, boolean, text[], text, text, text, boolean, boolean) FROM PUBLIC;
REVOKE ALL ON FUNCTION cutover.sync_phases(text[]) FROM PUBLIC;
REVOKE ALL ON FUNCTION cutover.sync_all() FROM PUBLIC;
REVOKE ALL ON FUNCTION cutover.sync_job(text) FROM PUBLIC;
REVOKE ALL ON FUNCTION cutover.replay_quarantine(text) FROM PUBLIC;
REVOKE ALL ON FUNCTION cutover.verify_phase(text, integer, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION cutover.validate_phase(text) FROM PUBLIC;
REVOKE ALL ON FUNCTION cutover.export_changes(text, text, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION cutover.push_changes(text) FROM PUBLIC;
REVOKE ALL ON FUNCTION cutover.acknowledge_changes(text) FROM PUBLIC;
REVOKE ALL ON FUNCTION cutover.track_change() FROM PUBLIC;
REVOKE ALL ON FUNCTION cutover.take_snapshot(text, text, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION cutover.import_backup(text, text, text[], text[], boolean, boolean, boolean, text, boolean, boolean) FROM PUBLIC;
REVOKE ALL ON FUNCTION cutover.freeze_phase(text) FROM PUBLIC;
REVOKE ALL ON FUNCTION cutover.cutover_phase(text, boolean, boolean, boolean, text, text, boolean, boolean) FROM PUBLIC;
REVOKE ALL ON FUNCTION cutover.cutover_phases(text[]) FROM PUBLIC;
REVOKE ALL ON FUNCTION cutover.reopen_phase(text) FROM PUBLIC;
REVOKE ALL ON FUNCTION cutover.repair_guards(text) FROM PUBLIC;
REVOKE ALL ON FUNCTION cutover.export_backup(text, text[], text[], boolean) FROM PUBLIC;
REVOKE ALL ON FUNCTION cutover.guard() FROM PUBLIC;
REVOKE ALL ON FUNCTION cutover.apply_migrations(text, text, text, text, boolean, boolean) FROM PUBLIC;
REVOKE ALL ON FUNCTION cutover.migration_status(text) FROM PUBLIC;
REVOKE ALL ON TABLE cutover.plan FROM PUBLIC;
REVOKE ALL ON TABLE cutover.phase FROM PUBLIC;
REVOKE ALL ON TABLE cutover.phase_table FROM PUBLIC;
REVOKE ALL ON TABLE cutover.authority_log FROM PUBLIC;
REVOKE ALL ON TABLE cutover.run FROM PUBLIC;
REVOKE ALL ON TABLE cutover.run_table FROM PUBLIC;
REVOKE ALL ON TABLE cutover.quarantine FROM PUBLIC;
REVOKE ALL ON TABLE cutover.sync_cursor FROM PUBLIC;
REVOKE ALL ON TABLE cutover.stub FROM PUBLIC;
REVOKE ALL ON TABLE cutover.change_batch FROM PUBLIC;
REVOKE ALL ON TABLE cutover.change FROM PUBLIC;
REVOKE ALL ON TABLE cutover.migration FROM PUBLIC;
REVOKE ALL ON TABLE cutover.migration_pending FROM PUBLIC;
REVOKE ALL ON TABLE cutover.raw_document FROM PUBLIC;
REVOKE ALL ON TABLE cutover.last_report FROM PUBLIC;
REVOKE ALL ON TABLE cutover.phase_status FROM PUBLIC;

-- A dump carries the state, with the sequences of its numbers.
SELECT pg_catalog.pg_extension_config_dump('cutover.plan', '');
SELECT pg_catalog.pg_extension_config_dump('cutover.phase', '');
SELECT pg_catalog.pg_extension_config_dump('cutover.phase_table', '');
SELECT pg_catalog.pg_extension_config_dump('cutover.authority_log', '');
SELECT pg_catalog.pg_extension_config_dump('cutover.run', '');
SELECT pg_catalog.pg_extension_config_dump('cutover.run_table', '');
SELECT pg_catalog.pg_extension_config_dump('cutover.quarantine', '');
SELECT pg_catalog.pg_extension_config_dump('cutover.sync_cursor', '');
SELECT pg_catalog.pg_extension_config_dump('cutover.stub', '');
SELECT pg_catalog.pg_extension_config_dump('cutover.change_batch', '');
SELECT pg_catalog.pg_extension_config_dump('cutover.change', '');
SELECT pg_catalog.pg_extension_config_dump('cutover.migration', '');
SELECT pg_catalog.pg_extension_config_dump('cutover.migration_pending', '');
SELECT pg_catalog.pg_extension_config_dump('cutover.raw_document', '');
SELECT pg_catalog.pg_extension_config_dump('cutover.plan_plan_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('cutover.authority_log_change_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('cutover.run_run_id_seq', '');
