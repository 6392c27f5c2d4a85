-- From 0.1.0: who owns a phase, and what was changed here. What is new stands as in sqlite_tables.sql.

DROP VIEW main.cutover_phase_status;

DROP VIEW main.cutover_last_report;

-- A CHECK cannot be altered, and a table not be renamed where any view of the application is broken.
CREATE TABLE main.cutover_run_old AS SELECT * FROM main.cutover_run;

-- Runs that were pruned had numbers too.
CREATE TABLE main.cutover_run_last AS SELECT seq FROM main.sqlite_sequence WHERE name = 'cutover_run';

DROP TABLE main.cutover_run;

CREATE TABLE main.cutover_run (
    run_id        INTEGER PRIMARY KEY AUTOINCREMENT,
    phase         TEXT NOT NULL,
    kind          TEXT NOT NULL CHECK (kind IN ('sync', 'dry_run', 'rehearse', 'replay', 'push', 'restore')),
    status        TEXT NOT NULL CHECK (status IN ('ok', 'failed')),
    plan_id       INTEGER,
    started_at    TEXT NOT NULL,
    finished_at   TEXT NOT NULL,
    called_by     TEXT NOT NULL,
    sqlstate      TEXT,
    error_message TEXT,
    error_detail  TEXT,
    error_hint    TEXT,
    source_time   TEXT
);

INSERT INTO main.cutover_run (run_id, phase, kind, status, plan_id, started_at, finished_at, called_by, sqlstate, error_message, error_detail, error_hint)
SELECT run_id, phase, kind, status, plan_id, started_at, finished_at, called_by, sqlstate, error_message, error_detail, error_hint FROM main.cutover_run_old;

DELETE FROM main.sqlite_sequence WHERE name = 'cutover_run';

INSERT INTO main.sqlite_sequence (name, seq) SELECT 'cutover_run', seq FROM main.cutover_run_last;

DROP TABLE main.cutover_run_old;

DROP TABLE main.cutover_run_last;

CREATE INDEX main.cutover_run_phase ON cutover_run (phase, run_id);

CREATE TABLE main.cutover_authority_log (
    change_id  INTEGER PRIMARY KEY AUTOINCREMENT,
    phase      TEXT NOT NULL,
    was        TEXT NOT NULL,
    authority  TEXT NOT NULL,
    changed_at TEXT NOT NULL,
    changed_by TEXT NOT NULL,
    run_id     INTEGER
);

CREATE INDEX main.cutover_authority_log_phase ON cutover_authority_log (phase, change_id);

CREATE TABLE main.cutover_mark (
    table_name TEXT PRIMARY KEY
);

CREATE TABLE main.cutover_change_batch (
    phase           TEXT NOT NULL,
    number          INTEGER NOT NULL,
    batch_id        TEXT NOT NULL UNIQUE,
    path            TEXT NOT NULL,
    upserts         INTEGER NOT NULL,
    deletes         INTEGER NOT NULL,
    sha256          TEXT NOT NULL,
    created_at      TEXT NOT NULL,
    created_by      TEXT NOT NULL,
    acknowledged_at TEXT,
    PRIMARY KEY (phase, number)
);

CREATE TABLE main.cutover_change (
    phase      TEXT NOT NULL,
    table_name TEXT NOT NULL,
    row_key    TEXT NOT NULL,
    op         TEXT NOT NULL CHECK (op IN ('upsert', 'delete')),
    changed_at TEXT NOT NULL,
    changed_by TEXT NOT NULL,
    batch      INTEGER,
    image      TEXT
);

CREATE UNIQUE INDEX main.cutover_change_pending ON cutover_change (phase, table_name, row_key) WHERE batch IS NULL;

CREATE UNIQUE INDEX main.cutover_change_in_batch ON cutover_change (phase, batch, table_name, row_key) WHERE batch IS NOT NULL;

CREATE TABLE main.cutover_migration (
    number          INTEGER PRIMARY KEY,
    name            TEXT NOT NULL,
    checksum        TEXT NOT NULL,
    package         TEXT,
    applied_at      TEXT NOT NULL,
    applied_by      TEXT NOT NULL,
    elapsed_ms      INTEGER NOT NULL,
    cutover_version TEXT NOT NULL
);

CREATE TABLE main.cutover_migration_pending (
    number INTEGER PRIMARY KEY,
    name   TEXT NOT NULL
);

CREATE TABLE main.cutover_raw_document (
    run_id   INTEGER NOT NULL,
    phase    TEXT NOT NULL,
    source   TEXT NOT NULL,
    place    TEXT NOT NULL,
    document TEXT NOT NULL
);

CREATE INDEX main.cutover_raw_document_run ON cutover_raw_document (run_id);

CREATE INDEX main.cutover_raw_document_source ON cutover_raw_document (phase, source, run_id);

CREATE VIEW main.cutover_last_report AS
SELECT r.run_id, r.phase, r.kind, r.finished_at, t.table_name, t.write, t.mode, t.staged, t.inserted, t.updated,
       t.unchanged, t.deleted, t.preserved, t.quarantined, t.skipped, t.elapsed_ms, t.notes, t.examples
FROM cutover_run r JOIN cutover_run_table t ON t.run_id = r.run_id
WHERE r.run_id IN (SELECT max(run_id) FROM cutover_run WHERE status = 'ok' GROUP BY phase)
ORDER BY r.run_id, t.ordinal;

CREATE VIEW main.cutover_phase_status AS
WITH planned AS (
    SELECT h.value ->> 'name' AS phase, t.value ->> 'table' AS plan_name,
           t.value ->> 'source' IS NOT NULL AS sourced, t.value ->> 'push_to' IS NOT NULL AS pushed
    FROM (SELECT document FROM cutover_plan ORDER BY plan_id DESC LIMIT 1) n,
         json_each(n.document, '$.phases') h,
         json_each(h.value, '$.tables') t
), waiting AS (
    SELECT c.phase, count(*) AS entries, count(l.phase) AS pushed
    FROM cutover_change c
    LEFT JOIN (SELECT DISTINCT phase, plan_name FROM planned WHERE pushed) l ON l.phase = c.phase AND l.plan_name = c.table_name
    GROUP BY c.phase
)
SELECT p.phase, p.authority, p.synced_at AS last_success,
       f.finished_at AS last_failure, f.sqlstate AS last_sqlstate, f.error_message AS last_error,
       (SELECT count(*) FROM cutover_run r
        WHERE r.phase = p.phase AND r.kind = 'sync' AND r.status = 'failed'
          AND r.run_id > coalesce(o.run_id, 0)
       ) AS failures_in_a_row,
       (SELECT count(*) FROM cutover_quarantine q WHERE q.phase = p.phase) AS quarantined,
       a.changed_at AS authority_since, a.changed_by AS authority_by, o.run_id AS last_run,
       (SELECT sum(t.staged) FROM cutover_run_table t WHERE t.run_id = o.run_id) AS last_rows, o.source_time,
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
           || CASE WHEN EXISTS (SELECT 1 FROM cutover_change_batch b WHERE b.phase = p.phase AND b.acknowledged_at IS NULL)
                   THEN ', acknowledge_changes(''id'')' ELSE '' END,
           '~', '''' || replace(p.phase, '''', '''''') || ''''), ', ') AS next_calls
FROM cutover_phase p
LEFT JOIN waiting w ON w.phase = p.phase
LEFT JOIN cutover_authority_log a ON a.change_id = (SELECT max(l.change_id) FROM cutover_authority_log l WHERE l.phase = p.phase)
LEFT JOIN cutover_run o ON o.run_id = (SELECT max(r.run_id) FROM cutover_run r
                                       WHERE r.phase = p.phase AND r.kind = 'sync' AND r.status = 'ok')
LEFT JOIN cutover_run f ON f.run_id = (SELECT max(r.run_id) FROM cutover_run r
                                       WHERE r.phase = p.phase AND r.status = 'failed')
ORDER BY p.ordinal;

