-- take
UPDATE cutover."change" SET batch = $1 WHERE ctid = ANY (ARRAY(
  SELECT ctid FROM cutover."change" WHERE phase = $2 AND batch IS NULL AND table_name IN (SELECT plan_name FROM cutover."phase_table" WHERE phase = $2) FOR UPDATE SKIP LOCKED));

-- keys of rows that are given back
SELECT e.row_key FROM cutover."change" e WHERE e.phase = $1 AND e.batch = $2 AND e.table_name = $3 AND e.op = 'upsert'
  AND NOT EXISTS (SELECT 1 FROM cutover."change" n WHERE n.phase = e.phase AND n.table_name = e.table_name AND n.row_key = e.row_key
    AND (n.batch IS NULL OR n.batch > e.batch));

-- clients: zz_cutover_local
CREATE OR REPLACE TRIGGER zz_cutover_local BEFORE INSERT OR UPDATE ON "public"."clients" FOR EACH ROW EXECUTE FUNCTION cutover.track_change(E'jobs', E'clients', E'imported', E'false', E'id');

-- clients: zz_cutover_local
ALTER TABLE "public"."clients" ENABLE ALWAYS TRIGGER zz_cutover_local;

-- clients: zz_cutover_local
CREATE OR REPLACE TRIGGER zz_cutover_local BEFORE INSERT OR UPDATE ON "public"."clients" FOR EACH ROW EXECUTE FUNCTION cutover.track_change(E'jobs', E'clients', E'imported', E'false', E'id');

-- clients: zz_cutover_local
ALTER TABLE "public"."clients" ENABLE ALWAYS TRIGGER zz_cutover_local;

-- clients: zz_cutover_track
CREATE OR REPLACE TRIGGER zz_cutover_track AFTER INSERT OR UPDATE OR DELETE ON "public"."clients" FOR EACH ROW EXECUTE FUNCTION cutover.track_change(E'jobs', E'clients', E'imported', E'false', E'id');

-- clients: zz_cutover_track
ALTER TABLE "public"."clients" ENABLE ALWAYS TRIGGER zz_cutover_track;

-- clients: zz_cutover_track
CREATE OR REPLACE TRIGGER zz_cutover_track AFTER INSERT OR UPDATE OR DELETE ON "public"."clients" FOR EACH ROW EXECUTE FUNCTION cutover.track_change(E'jobs', E'clients', E'imported', E'false', E'id');

-- clients: zz_cutover_track
ALTER TABLE "public"."clients" ENABLE ALWAYS TRIGGER zz_cutover_track;

-- clients: zz_cutover_truncate
CREATE OR REPLACE TRIGGER zz_cutover_truncate BEFORE TRUNCATE ON "public"."clients" FOR EACH STATEMENT EXECUTE FUNCTION cutover.track_change(E'jobs', E'clients', E'imported', E'false', E'id');

-- clients: zz_cutover_truncate
ALTER TABLE "public"."clients" ENABLE ALWAYS TRIGGER zz_cutover_truncate;

-- clients: zz_cutover_truncate
CREATE OR REPLACE TRIGGER zz_cutover_truncate BEFORE TRUNCATE ON "public"."clients_2" FOR EACH STATEMENT EXECUTE FUNCTION cutover.track_change(E'jobs', E'clients', E'imported', E'false', E'id');

-- clients: zz_cutover_truncate
ALTER TABLE "public"."clients_2" ENABLE ALWAYS TRIGGER zz_cutover_truncate;

-- clients: keep images
UPDATE cutover."change" AS c SET (op, image) = (
  SELECT CASE WHEN t."id" IS NULL THEN 'delete' ELSE 'upsert' END, CASE WHEN t."id" IS NOT NULL THEN ('{"id":' || coalesce(pg_catalog.to_json(t."id")::pg_catalog.text, 'null') || ',"name":' || coalesce(pg_catalog.to_json(t."name")::pg_catalog.text, 'null') || ',"email":' || coalesce(pg_catalog.to_json(t."email")::pg_catalog.text, 'null') || ',"imported":' || coalesce(pg_catalog.to_json(t."imported")::pg_catalog.text, 'null') || '}')::pg_catalog.json END
  FROM (SELECT 1) one LEFT JOIN "public"."clients" t ON t."id" = (c.row_key::pg_catalog.json ->> 0)::bigint)
WHERE c.phase = $1 AND c.batch = $2 AND c.table_name = $3;

-- clients: preserve
UPDATE pg_temp."cutover_changes_1" SET op = 'p' WHERE op IN ('i', 'u') AND s IN
  (SELECT s."_row" FROM cutover."change" e JOIN pg_temp."cutover_staging_1" s ON s."id" = (e.row_key::pg_catalog.json ->> 0)::bigint WHERE e.phase = $1 AND e.table_name = $2);

-- clients: retain
UPDATE pg_temp."cutover_changes_1" SET op = 'r' WHERE op = 'd' AND (t_rel, t) IN
  (SELECT t.tableoid, t.ctid FROM cutover."change" e JOIN "public"."clients" t ON t."id" = (e.row_key::pg_catalog.json ->> 0)::bigint WHERE e.phase = $1 AND e.table_name = $2);

-- clients: give back
UPDATE "public"."clients" AS t SET "imported" = E'true'
FROM pg_catalog.json_array_elements_text($1::pg_catalog.json) AS x (row_key) WHERE t."id" = (x.row_key::pg_catalog.json ->> 0)::bigint;

-- clients: changed rows
SELECT t."id", t."name", t."email", t."imported" FROM (SELECT DISTINCT row_key FROM cutover."change" WHERE phase = 'jobs' AND table_name = 'clients' AND batch IS NOT NULL) e JOIN "public"."clients" t ON t."id" = (e.row_key::pg_catalog.json ->> 0)::bigint;

-- clients: gone
INSERT INTO pg_temp."cutover_gone_1" SELECT e.row_key FROM (SELECT DISTINCT row_key FROM cutover."change" WHERE phase = 'jobs' AND table_name = 'clients' AND batch IS NOT NULL) e LEFT JOIN "public"."clients" t ON t."id" = (e.row_key::pg_catalog.json ->> 0)::bigint WHERE t."id" IS NULL;

-- clients: delete there
INSERT INTO pg_temp."cutover_changes_1" (op, s, k0)
SELECT 'd', NULL, t."id" FROM pg_temp."cutover_gone_1" e JOIN "there"."clients" t ON t."id" = (e.row_key::pg_catalog.json ->> 0)::bigint
  AND t."id" = ANY (ARRAY(SELECT (row_key::pg_catalog.json ->> 0)::bigint FROM pg_temp."cutover_gone_1"));

-- odd "jobs": zz_cutover_track
CREATE OR REPLACE TRIGGER zz_cutover_track AFTER INSERT OR UPDATE OR DELETE ON "public"."odd ""jobs""" FOR EACH ROW EXECUTE FUNCTION cutover.track_change(E'jobs', E'odd "jobs"', E'', E'', E'client_id', E'number');

-- odd "jobs": zz_cutover_track
ALTER TABLE "public"."odd ""jobs""" ENABLE ALWAYS TRIGGER zz_cutover_track;

-- odd "jobs": zz_cutover_track
CREATE OR REPLACE TRIGGER zz_cutover_track AFTER INSERT OR UPDATE OR DELETE ON "public"."odd ""jobs""" FOR EACH ROW EXECUTE FUNCTION cutover.track_change(E'jobs', E'odd "jobs"', E'', E'', E'client_id', E'number');

-- odd "jobs": zz_cutover_track
ALTER TABLE "public"."odd ""jobs""" ENABLE ALWAYS TRIGGER zz_cutover_track;

-- odd "jobs": zz_cutover_truncate
CREATE OR REPLACE TRIGGER zz_cutover_truncate BEFORE TRUNCATE ON "public"."odd ""jobs""" FOR EACH STATEMENT EXECUTE FUNCTION cutover.track_change(E'jobs', E'odd "jobs"', E'', E'', E'client_id', E'number');

-- odd "jobs": zz_cutover_truncate
ALTER TABLE "public"."odd ""jobs""" ENABLE ALWAYS TRIGGER zz_cutover_truncate;

-- odd "jobs": zz_cutover_truncate
CREATE OR REPLACE TRIGGER zz_cutover_truncate BEFORE TRUNCATE ON "public"."odd ""jobs""_2" FOR EACH STATEMENT EXECUTE FUNCTION cutover.track_change(E'jobs', E'odd "jobs"', E'', E'', E'client_id', E'number');

-- odd "jobs": zz_cutover_truncate
ALTER TABLE "public"."odd ""jobs""_2" ENABLE ALWAYS TRIGGER zz_cutover_truncate;

-- odd "jobs": keep images
UPDATE cutover."change" AS c SET (op, image) = (
  SELECT CASE WHEN t."client_id" IS NULL THEN 'delete' ELSE 'upsert' END, CASE WHEN t."client_id" IS NOT NULL THEN ('{"client_id":' || coalesce(pg_catalog.to_json(t."client_id")::pg_catalog.text, 'null') || ',"number":' || coalesce(pg_catalog.to_json(t."number")::pg_catalog.text, 'null') || ',"_row":' || coalesce(pg_catalog.to_json(t."_row")::pg_catalog.text, 'null') || ',"note":' || coalesce(pg_catalog.to_json(t."note")::pg_catalog.text, 'null') || '}')::pg_catalog.json END
  FROM (SELECT 1) one LEFT JOIN "public"."odd ""jobs""" t ON t."client_id" = (c.row_key::pg_catalog.json ->> 0)::bigint AND t."number" = (c.row_key::pg_catalog.json ->> 1)::text)
WHERE c.phase = $1 AND c.batch = $2 AND c.table_name = $3;

-- odd "jobs": preserve
UPDATE pg_temp."cutover_changes_0" SET op = 'p' WHERE op IN ('i', 'u') AND s IN
  (SELECT s."_row_" FROM cutover."change" e JOIN pg_temp."cutover_staging_0" s ON s."client_id" = (e.row_key::pg_catalog.json ->> 0)::bigint AND s."number" = (e.row_key::pg_catalog.json ->> 1)::text WHERE e.phase = $1 AND e.table_name = $2);

-- odd "jobs": retain
UPDATE pg_temp."cutover_changes_0" SET op = 'r' WHERE op = 'd' AND (t_rel, t) IN
  (SELECT t.tableoid, t.ctid FROM cutover."change" e JOIN "public"."odd ""jobs""" t ON t."client_id" = (e.row_key::pg_catalog.json ->> 0)::bigint AND t."number" = (e.row_key::pg_catalog.json ->> 1)::text WHERE e.phase = $1 AND e.table_name = $2);

-- odd "jobs": changed rows
SELECT t."client_id", t."number", t."_row", t."note" FROM (SELECT DISTINCT row_key FROM cutover."change" WHERE phase = 'jobs' AND table_name = 'odd "jobs"' AND batch IS NOT NULL) e JOIN "public"."odd ""jobs""" t ON t."client_id" = (e.row_key::pg_catalog.json ->> 0)::bigint AND t."number" = (e.row_key::pg_catalog.json ->> 1)::text;

-- odd "jobs": gone
INSERT INTO pg_temp."cutover_gone_0" SELECT e.row_key FROM (SELECT DISTINCT row_key FROM cutover."change" WHERE phase = 'jobs' AND table_name = 'odd "jobs"' AND batch IS NOT NULL) e LEFT JOIN "public"."odd ""jobs""" t ON t."client_id" = (e.row_key::pg_catalog.json ->> 0)::bigint AND t."number" = (e.row_key::pg_catalog.json ->> 1)::text WHERE t."client_id" IS NULL;

-- odd "jobs": delete there
INSERT INTO pg_temp."cutover_changes_0" (op, s, k0, k1)
SELECT 'd', NULL, t."client_id", t."number" FROM pg_temp."cutover_gone_0" e JOIN "there"."odd ""jobs""" t ON t."client_id" = (e.row_key::pg_catalog.json ->> 0)::bigint AND t."number" = (e.row_key::pg_catalog.json ->> 1)::text
  AND t."client_id" = ANY (ARRAY(SELECT (row_key::pg_catalog.json ->> 0)::bigint FROM pg_temp."cutover_gone_0"))
  AND t."number" = ANY (ARRAY(SELECT (row_key::pg_catalog.json ->> 1)::text FROM pg_temp."cutover_gone_0"));

