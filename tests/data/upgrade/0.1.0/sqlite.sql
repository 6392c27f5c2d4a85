PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE plane (tailnum text PRIMARY KEY, model text, imported boolean NOT NULL DEFAULT true);
INSERT INTO plane VALUES('N1','A320',1);
INSERT INTO plane VALUES('N2','B737',1);
INSERT INTO plane VALUES('N9',NULL,1);
CREATE TABLE flight (id integer PRIMARY KEY, tailnum text REFERENCES plane (tailnum), seats integer);
INSERT INTO flight VALUES(1,'N1',180);
INSERT INTO flight VALUES(2,'N9',20);
CREATE TABLE job (id integer PRIMARY KEY, name text, updated_at timestamp);
INSERT INTO job VALUES(1,'paint','2024-05-01 10:00:00.000');
INSERT INTO job VALUES(2,'weld','2024-05-02 10:00:00.000');
CREATE TABLE note (note_id INTEGER PRIMARY KEY AUTOINCREMENT, body text);
INSERT INTO note VALUES(1,'one');
INSERT INTO note VALUES(2,'two');
INSERT INTO note VALUES(3,'two');
CREATE TABLE cutover_plan (
    plan_id   INTEGER PRIMARY KEY AUTOINCREMENT,
    document  TEXT NOT NULL,
    loaded_at TEXT NOT NULL,
    loaded_by TEXT NOT NULL
);
INSERT INTO cutover_plan VALUES(1,replace('{ "version": 1, "root": "{root}", "keep_runs": "90 days", "phases": [\n    { "name": "fleet", "tables": [\n      { "table": "plane", "source": {"parquet": "plane.parquet"}, "write": "replace",\n        "origin": {"column": "imported", "imported": true, "local": false} },\n      { "table": "note", "source": {"parquet": "note.parquet"}, "write": "delete_insert" } ] },\n    { "name": "ops", "depends_on": ["fleet"], "tables": [\n      { "table": "flight", "source": {"parquet": "flight.parquet"}, "write": "replace",\n        "on_missing_reference": "stub", "on_bad_value": "quarantine" } ] },\n    { "name": "jobs", "tables": [\n      { "table": "job", "source": {"parquet": "job.parquet"}, "write": "upsert",\n        "cursor": {"column": "updated_at"} } ] } ] }','\n',char(10)),'2026-11-21 12:08:07.294Z','');
CREATE TABLE cutover_phase (
    phase     TEXT PRIMARY KEY,
    ordinal   INTEGER NOT NULL,
    authority TEXT NOT NULL DEFAULT 'source' CHECK (authority IN ('source', 'frozen', 'local')),
    synced_at TEXT
);
INSERT INTO cutover_phase VALUES('fleet',0,'source','2026-11-21 12:08:07.319Z');
INSERT INTO cutover_phase VALUES('ops',1,'source','2026-11-21 12:08:07.338Z');
INSERT INTO cutover_phase VALUES('jobs',2,'source','2026-11-21 12:08:07.358Z');
CREATE TABLE cutover_phase_table (
    phase       TEXT NOT NULL,
    ordinal     INTEGER NOT NULL,
    plan_name   TEXT NOT NULL,
    schema_name TEXT NOT NULL,
    table_name  TEXT NOT NULL,
    PRIMARY KEY (phase, ordinal)
);
INSERT INTO cutover_phase_table VALUES('fleet',0,'plane','main','plane');
INSERT INTO cutover_phase_table VALUES('fleet',1,'note','main','note');
INSERT INTO cutover_phase_table VALUES('ops',0,'flight','main','flight');
INSERT INTO cutover_phase_table VALUES('jobs',0,'job','main','job');
CREATE TABLE cutover_run (
    run_id        INTEGER PRIMARY KEY AUTOINCREMENT,
    phase         TEXT NOT NULL,
    kind          TEXT NOT NULL CHECK (kind IN ('sync', 'dry_run', 'rehearse', 'replay')),
    status        TEXT NOT NULL CHECK (status IN ('ok', 'failed')),
    plan_id       INTEGER,
    started_at    TEXT NOT NULL,
    finished_at   TEXT NOT NULL,
    called_by     TEXT NOT NULL,
    sqlstate      TEXT,
    error_message TEXT,
    error_detail  TEXT,
    error_hint    TEXT
);
INSERT INTO cutover_run VALUES(1,'fleet','sync','ok',1,'2026-11-21 12:08:07.315Z','2026-11-21 12:08:07.319Z','',NULL,NULL,NULL,NULL);
INSERT INTO cutover_run VALUES(2,'ops','sync','ok',1,'2026-11-21 12:08:07.335Z','2026-11-21 12:08:07.338Z','',NULL,NULL,NULL,NULL);
INSERT INTO cutover_run VALUES(3,'jobs','sync','ok',1,'2026-11-21 12:08:07.356Z','2026-11-21 12:08:07.358Z','',NULL,NULL,NULL,NULL);
INSERT INTO cutover_run VALUES(4,'ops','sync','failed',1,'2026-11-21 12:08:07.367Z','2026-11-21 12:08:07.368Z','','22P04','file "{root}/flight.parquet" is not a valid Parquet file','It does not end with the magic number PAR1.',NULL);
CREATE TABLE cutover_run_table (
    run_id      INTEGER NOT NULL,
    ordinal     INTEGER NOT NULL,
    table_name  TEXT NOT NULL,
    write       TEXT NOT NULL,
    mode        TEXT NOT NULL,
    staged      INTEGER NOT NULL,
    inserted    INTEGER NOT NULL,
    updated     INTEGER NOT NULL,
    unchanged   INTEGER NOT NULL,
    deleted     INTEGER NOT NULL,
    preserved   INTEGER NOT NULL,
    quarantined INTEGER NOT NULL,
    skipped     INTEGER NOT NULL,
    elapsed_ms  INTEGER NOT NULL,
    notes       TEXT,
    examples    TEXT,
    PRIMARY KEY (run_id, ordinal)
);
INSERT INTO cutover_run_table VALUES(1,0,'plane','replace','full',2,2,0,0,0,0,0,0,0,NULL,NULL);
INSERT INTO cutover_run_table VALUES(1,1,'note','delete_insert','full',3,3,0,0,0,0,0,0,0,NULL,NULL);
INSERT INTO cutover_run_table VALUES(2,0,'flight','replace','full',3,2,0,0,0,0,1,0,0,NULL,NULL);
INSERT INTO cutover_run_table VALUES(2,1,'plane','stub','full',1,1,0,0,0,0,0,0,0,NULL,NULL);
INSERT INTO cutover_run_table VALUES(3,0,'job','upsert','full',2,2,0,0,0,0,0,0,0,NULL,NULL);
CREATE TABLE cutover_quarantine (
    phase      TEXT NOT NULL,
    table_name TEXT NOT NULL,
    row_key    TEXT NOT NULL,
    reason     TEXT NOT NULL,
    detail     TEXT NOT NULL,
    row_data   TEXT NOT NULL,
    first_run  INTEGER NOT NULL,
    last_run   INTEGER NOT NULL,
    PRIMARY KEY (phase, table_name, row_key)
);
INSERT INTO cutover_quarantine VALUES('ops','flight','["3"]','bad_value','seats: "many" is not an integer','{"id":3,"tailnum":"N1","seats":"many"}',2,2);
CREATE TABLE cutover_sync_cursor (
    phase        TEXT NOT NULL,
    table_name   TEXT NOT NULL,
    group_key    TEXT NOT NULL DEFAULT '',
    column_name  TEXT NOT NULL,
    cursor_value TEXT NOT NULL,
    run_id       INTEGER NOT NULL,
    PRIMARY KEY (phase, table_name, group_key)
);
INSERT INTO cutover_sync_cursor VALUES('jobs','job','','updated_at','2024-05-02 10:00:00.000',3);
CREATE TABLE cutover_stub (
    phase         TEXT NOT NULL,
    table_name    TEXT NOT NULL,
    row_key       TEXT NOT NULL,
    created_run   INTEGER NOT NULL,
    completed_run INTEGER,
    PRIMARY KEY (phase, table_name, row_key)
);
INSERT INTO cutover_stub VALUES('ops','plane','["N9"]',2,NULL);
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('cutover_plan',1);
INSERT INTO sqlite_sequence VALUES('note',3);
INSERT INTO sqlite_sequence VALUES('cutover_run',4);
CREATE INDEX cutover_phase_table_name ON cutover_phase_table (schema_name, table_name);
CREATE INDEX cutover_run_phase ON cutover_run (phase, run_id);
CREATE VIEW cutover_last_report AS
SELECT r.run_id, r.phase, r.kind, r.finished_at, t.table_name, t.write, t.mode, t.staged, t.inserted, t.updated,
       t.unchanged, t.deleted, t.preserved, t.quarantined, t.skipped, t.elapsed_ms, t.notes, t.examples
FROM cutover_run r JOIN cutover_run_table t ON t.run_id = r.run_id
WHERE r.run_id IN (SELECT max(run_id) FROM cutover_run WHERE status = 'ok' GROUP BY phase)
ORDER BY r.run_id, t.ordinal;
CREATE VIEW cutover_phase_status AS
SELECT p.phase, p.authority, p.synced_at AS last_success,
       f.finished_at AS last_failure, f.sqlstate AS last_sqlstate, f.error_message AS last_error,
       (SELECT count(*) FROM cutover_run r
        WHERE r.phase = p.phase AND r.kind = 'sync' AND r.status = 'failed'
          AND r.run_id > coalesce((SELECT max(o.run_id) FROM cutover_run o
                                   WHERE o.phase = p.phase AND o.kind = 'sync' AND o.status = 'ok'), 0)
       ) AS failures_in_a_row,
       (SELECT count(*) FROM cutover_quarantine q WHERE q.phase = p.phase) AS quarantined
FROM cutover_phase p
LEFT JOIN cutover_run f ON f.run_id = (SELECT max(r.run_id) FROM cutover_run r
                                       WHERE r.phase = p.phase AND r.status = 'failed')
ORDER BY p.ordinal;
CREATE VIEW cutover_catalog (version) AS SELECT '0.1.0';
COMMIT;
