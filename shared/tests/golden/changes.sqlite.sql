-- take
UPDATE main."cutover_change" SET batch = $1 WHERE phase = $2 AND batch IS NULL AND table_name IN (SELECT plan_name FROM main."cutover_phase_table" WHERE phase = $2);

-- keys of rows that are given back
SELECT e.row_key FROM main."cutover_change" e WHERE e.phase = $1 AND e.batch = $2 AND e.table_name = $3 AND e.op = 'upsert'
  AND NOT EXISTS (SELECT 1 FROM main."cutover_change" n WHERE n.phase = e.phase AND n.table_name = e.table_name AND n.row_key = e.row_key
    AND (n.batch IS NULL OR n.batch > e.batch));

-- clients: cutover_track_clients_delete
CREATE TRIGGER main."cutover_track_clients_delete" AFTER DELETE ON "clients"
WHEN NOT EXISTS (SELECT 1 FROM cutover_mark WHERE table_name = 'clients')
BEGIN
INSERT INTO cutover_change (phase, table_name, row_key, op, changed_at, changed_by)
VALUES ('jobs', 'clients', CASE WHEN OLD."id" IS NULL THEN RAISE(ABORT, '23502: a row of "clients", whose changes are tracked, has no key') ELSE '' END || '[' || json_quote(CAST(OLD."id" AS TEXT)) || ']', 'delete', strftime('%Y-%m-%d %H:%M:%fZ', 'now'), '')
ON CONFLICT (phase, table_name, row_key) WHERE batch IS NULL DO UPDATE
SET op = excluded.op, changed_at = excluded.changed_at, changed_by = excluded.changed_by;
END;

-- clients: cutover_track_clients_key
CREATE TRIGGER main."cutover_track_clients_key" AFTER UPDATE OF "id" ON "clients"
WHEN NOT EXISTS (SELECT 1 FROM cutover_mark WHERE table_name = 'clients') AND NOT (OLD."id" IS NEW."id")
BEGIN
INSERT INTO cutover_change (phase, table_name, row_key, op, changed_at, changed_by)
VALUES ('jobs', 'clients', CASE WHEN OLD."id" IS NULL THEN RAISE(ABORT, '23502: a row of "clients", whose changes are tracked, has no key') ELSE '' END || '[' || json_quote(CAST(OLD."id" AS TEXT)) || ']', 'delete', strftime('%Y-%m-%d %H:%M:%fZ', 'now'), '')
ON CONFLICT (phase, table_name, row_key) WHERE batch IS NULL DO UPDATE
SET op = excluded.op, changed_at = excluded.changed_at, changed_by = excluded.changed_by;
END;

-- clients: cutover_track_clients_insert_local
CREATE TRIGGER main."cutover_track_clients_insert_local" AFTER INSERT ON "clients"
WHEN NOT EXISTS (SELECT 1 FROM cutover_mark WHERE table_name = 'clients') AND NEW."imported" IS NOT 0
BEGIN
UPDATE "clients" SET "imported" = 0 WHERE rowid = NEW.rowid;
END;

-- clients: cutover_track_clients_update_local
CREATE TRIGGER main."cutover_track_clients_update_local" AFTER UPDATE ON "clients"
WHEN NOT EXISTS (SELECT 1 FROM cutover_mark WHERE table_name = 'clients') AND NEW."imported" IS NOT 0
BEGIN
UPDATE "clients" SET "imported" = 0 WHERE rowid = NEW.rowid;
END;

-- clients: cutover_track_clients_insert
CREATE TRIGGER main."cutover_track_clients_insert" AFTER INSERT ON "clients"
WHEN NOT EXISTS (SELECT 1 FROM cutover_mark WHERE table_name = 'clients') AND NEW."imported" IS 0
BEGIN
INSERT INTO cutover_change (phase, table_name, row_key, op, changed_at, changed_by)
VALUES ('jobs', 'clients', CASE WHEN NEW."id" IS NULL THEN RAISE(ABORT, '23502: a row of "clients", whose changes are tracked, has no key') ELSE '' END || '[' || json_quote(CAST(NEW."id" AS TEXT)) || ']', 'upsert', strftime('%Y-%m-%d %H:%M:%fZ', 'now'), '')
ON CONFLICT (phase, table_name, row_key) WHERE batch IS NULL DO UPDATE
SET op = excluded.op, changed_at = excluded.changed_at, changed_by = excluded.changed_by;
END;

-- clients: cutover_track_clients_update
CREATE TRIGGER main."cutover_track_clients_update" AFTER UPDATE ON "clients"
WHEN NOT EXISTS (SELECT 1 FROM cutover_mark WHERE table_name = 'clients') AND NEW."imported" IS 0
BEGIN
INSERT INTO cutover_change (phase, table_name, row_key, op, changed_at, changed_by)
VALUES ('jobs', 'clients', CASE WHEN NEW."id" IS NULL THEN RAISE(ABORT, '23502: a row of "clients", whose changes are tracked, has no key') ELSE '' END || '[' || json_quote(CAST(NEW."id" AS TEXT)) || ']', 'upsert', strftime('%Y-%m-%d %H:%M:%fZ', 'now'), '')
ON CONFLICT (phase, table_name, row_key) WHERE batch IS NULL DO UPDATE
SET op = excluded.op, changed_at = excluded.changed_at, changed_by = excluded.changed_by;
END;

-- clients: keep images
UPDATE main."cutover_change" AS c SET (op, image) = (
  SELECT CASE WHEN t."id" IS NULL THEN 'delete' ELSE 'upsert' END, CASE WHEN t."id" IS NOT NULL THEN '{"id":' || json_quote(t."id") || ',"name":' || json_quote(t."name") || ',"email":' || json_quote(t."email") || ',"imported":' || CASE t."imported" WHEN 1 THEN 'true' WHEN 0 THEN 'false' ELSE 'null' END || '}' END
  FROM (SELECT 1) one LEFT JOIN "main"."clients" t ON t."id" = json_extract(c.row_key, '$[0]'))
WHERE c.phase = $1 AND c.batch = $2 AND c.table_name = $3;

-- clients: preserve
UPDATE temp."cutover_changes_1_4bdad02eb4cb59d6" SET op = 'p' WHERE op IN ('i', 'u') AND s IN
  (SELECT s."_row" FROM main."cutover_change" e JOIN temp."cutover_staging_1_6bef620e4cb99dca" s ON s."id" = json_extract(e.row_key, '$[0]') WHERE e.phase = $1 AND e.table_name = $2);

-- clients: retain
UPDATE temp."cutover_changes_1_4bdad02eb4cb59d6" SET op = 'r' WHERE op = 'd' AND (t) IN
  (SELECT t.rowid FROM main."cutover_change" e JOIN "main"."clients" t ON t."id" = json_extract(e.row_key, '$[0]') WHERE e.phase = $1 AND e.table_name = $2);

-- clients: give back
UPDATE "main"."clients" AS t SET "imported" = 1
FROM (SELECT value AS row_key FROM json_each($1)) AS x WHERE t."id" = json_extract(x.row_key, '$[0]');

-- clients: changed rows
SELECT t."id", t."name", t."email", t."imported" FROM (SELECT DISTINCT row_key FROM main."cutover_change" WHERE phase = 'jobs' AND table_name = 'clients' AND batch IS NOT NULL) e JOIN "main"."clients" t ON t."id" = json_extract(e.row_key, '$[0]');

-- clients: gone
INSERT INTO temp."cutover_gone_1_1bbcc865400fa432" SELECT e.row_key FROM (SELECT DISTINCT row_key FROM main."cutover_change" WHERE phase = 'jobs' AND table_name = 'clients' AND batch IS NOT NULL) e LEFT JOIN "main"."clients" t ON t."id" = json_extract(e.row_key, '$[0]') WHERE t."id" IS NULL;

-- clients: delete there
INSERT INTO temp."cutover_changes_1_4bdad02eb4cb59d6" (op, s, t)
SELECT 'd', NULL, t.rowid FROM temp."cutover_gone_1_1bbcc865400fa432" e JOIN "there"."clients" t ON t."id" = json_extract(e.row_key, '$[0]');

-- odd "jobs": cutover_track_odd "jobs"_delete
CREATE TRIGGER main."cutover_track_odd ""jobs""_delete" AFTER DELETE ON "odd ""jobs"""
WHEN NOT EXISTS (SELECT 1 FROM cutover_mark WHERE table_name = 'odd "jobs"')
BEGIN
INSERT INTO cutover_change (phase, table_name, row_key, op, changed_at, changed_by)
VALUES ('jobs', 'odd "jobs"', CASE WHEN OLD."client_id" IS NULL OR OLD."number" IS NULL THEN RAISE(ABORT, '23502: a row of "odd "jobs"", whose changes are tracked, has no key') ELSE '' END || '[' || json_quote(CAST(OLD."client_id" AS TEXT)) || ',' || json_quote(CAST(OLD."number" AS TEXT)) || ']', 'delete', strftime('%Y-%m-%d %H:%M:%fZ', 'now'), '')
ON CONFLICT (phase, table_name, row_key) WHERE batch IS NULL DO UPDATE
SET op = excluded.op, changed_at = excluded.changed_at, changed_by = excluded.changed_by;
END;

-- odd "jobs": cutover_track_odd "jobs"_key
CREATE TRIGGER main."cutover_track_odd ""jobs""_key" AFTER UPDATE OF "client_id", "number" ON "odd ""jobs"""
WHEN NOT EXISTS (SELECT 1 FROM cutover_mark WHERE table_name = 'odd "jobs"') AND NOT (OLD."client_id" IS NEW."client_id" AND OLD."number" IS NEW."number")
BEGIN
INSERT INTO cutover_change (phase, table_name, row_key, op, changed_at, changed_by)
VALUES ('jobs', 'odd "jobs"', CASE WHEN OLD."client_id" IS NULL OR OLD."number" IS NULL THEN RAISE(ABORT, '23502: a row of "odd "jobs"", whose changes are tracked, has no key') ELSE '' END || '[' || json_quote(CAST(OLD."client_id" AS TEXT)) || ',' || json_quote(CAST(OLD."number" AS TEXT)) || ']', 'delete', strftime('%Y-%m-%d %H:%M:%fZ', 'now'), '')
ON CONFLICT (phase, table_name, row_key) WHERE batch IS NULL DO UPDATE
SET op = excluded.op, changed_at = excluded.changed_at, changed_by = excluded.changed_by;
END;

-- odd "jobs": cutover_track_odd "jobs"_insert
CREATE TRIGGER main."cutover_track_odd ""jobs""_insert" AFTER INSERT ON "odd ""jobs"""
WHEN NOT EXISTS (SELECT 1 FROM cutover_mark WHERE table_name = 'odd "jobs"')
BEGIN
INSERT INTO cutover_change (phase, table_name, row_key, op, changed_at, changed_by)
VALUES ('jobs', 'odd "jobs"', CASE WHEN NEW."client_id" IS NULL OR NEW."number" IS NULL THEN RAISE(ABORT, '23502: a row of "odd "jobs"", whose changes are tracked, has no key') ELSE '' END || '[' || json_quote(CAST(NEW."client_id" AS TEXT)) || ',' || json_quote(CAST(NEW."number" AS TEXT)) || ']', 'upsert', strftime('%Y-%m-%d %H:%M:%fZ', 'now'), '')
ON CONFLICT (phase, table_name, row_key) WHERE batch IS NULL DO UPDATE
SET op = excluded.op, changed_at = excluded.changed_at, changed_by = excluded.changed_by;
END;

-- odd "jobs": cutover_track_odd "jobs"_update
CREATE TRIGGER main."cutover_track_odd ""jobs""_update" AFTER UPDATE ON "odd ""jobs"""
WHEN NOT EXISTS (SELECT 1 FROM cutover_mark WHERE table_name = 'odd "jobs"')
BEGIN
INSERT INTO cutover_change (phase, table_name, row_key, op, changed_at, changed_by)
VALUES ('jobs', 'odd "jobs"', CASE WHEN NEW."client_id" IS NULL OR NEW."number" IS NULL THEN RAISE(ABORT, '23502: a row of "odd "jobs"", whose changes are tracked, has no key') ELSE '' END || '[' || json_quote(CAST(NEW."client_id" AS TEXT)) || ',' || json_quote(CAST(NEW."number" AS TEXT)) || ']', 'upsert', strftime('%Y-%m-%d %H:%M:%fZ', 'now'), '')
ON CONFLICT (phase, table_name, row_key) WHERE batch IS NULL DO UPDATE
SET op = excluded.op, changed_at = excluded.changed_at, changed_by = excluded.changed_by;
END;

-- odd "jobs": keep images
UPDATE main."cutover_change" AS c SET (op, image) = (
  SELECT CASE WHEN t."client_id" IS NULL THEN 'delete' ELSE 'upsert' END, CASE WHEN t."client_id" IS NOT NULL THEN '{"client_id":' || json_quote(t."client_id") || ',"number":' || json_quote(t."number") || ',"_row":' || json_quote(t."_row") || ',"note":' || coalesce(json(t."note"), 'null') || '}' END
  FROM (SELECT 1) one LEFT JOIN "main"."odd ""jobs""" t ON t."client_id" = json_extract(c.row_key, '$[0]') AND t."number" = json_extract(c.row_key, '$[1]'))
WHERE c.phase = $1 AND c.batch = $2 AND c.table_name = $3;

-- odd "jobs": preserve
UPDATE temp."cutover_changes_0_4bdad02eb4cb59d6" SET op = 'p' WHERE op IN ('i', 'u') AND s IN
  (SELECT s."_row_" FROM main."cutover_change" e JOIN temp."cutover_staging_0_7ce69d09027ea19e" s ON s."client_id" = json_extract(e.row_key, '$[0]') AND s."number" = json_extract(e.row_key, '$[1]') WHERE e.phase = $1 AND e.table_name = $2);

-- odd "jobs": retain
UPDATE temp."cutover_changes_0_4bdad02eb4cb59d6" SET op = 'r' WHERE op = 'd' AND (t) IN
  (SELECT t.rowid FROM main."cutover_change" e JOIN "main"."odd ""jobs""" t ON t."client_id" = json_extract(e.row_key, '$[0]') AND t."number" = json_extract(e.row_key, '$[1]') WHERE e.phase = $1 AND e.table_name = $2);

-- odd "jobs": changed rows
SELECT t."client_id", t."number", t."_row", t."note" FROM (SELECT DISTINCT row_key FROM main."cutover_change" WHERE phase = 'jobs' AND table_name = 'odd "jobs"' AND batch IS NOT NULL) e JOIN "main"."odd ""jobs""" t ON t."client_id" = json_extract(e.row_key, '$[0]') AND t."number" = json_extract(e.row_key, '$[1]');

-- odd "jobs": gone
INSERT INTO temp."cutover_gone_0_1bbcc865400fa432" SELECT e.row_key FROM (SELECT DISTINCT row_key FROM main."cutover_change" WHERE phase = 'jobs' AND table_name = 'odd "jobs"' AND batch IS NOT NULL) e LEFT JOIN "main"."odd ""jobs""" t ON t."client_id" = json_extract(e.row_key, '$[0]') AND t."number" = json_extract(e.row_key, '$[1]') WHERE t."client_id" IS NULL;

-- odd "jobs": delete there
INSERT INTO temp."cutover_changes_0_4bdad02eb4cb59d6" (op, s, t)
SELECT 'd', NULL, t.rowid FROM temp."cutover_gone_0_1bbcc865400fa432" e JOIN "there"."odd ""jobs""" t ON t."client_id" = json_extract(e.row_key, '$[0]') AND t."number" = json_extract(e.row_key, '$[1]');

