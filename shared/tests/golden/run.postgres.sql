-- clients: make
CREATE TABLE pg_temp."cutover_staging_1" ("_row" pg_catalog.int8, "id" bigint, "name" text, "email" text, "imported" boolean);

-- clients: make
CREATE TABLE pg_temp."cutover_refused_1" ("_row" pg_catalog.int8, "id" bigint, "name" text, "email" text, "imported" boolean, "_reason" text, "_detail" text, "_data" text);

-- clients: make
CREATE TABLE pg_temp."cutover_changes_1" (op pg_catalog."char", s pg_catalog.int8, t_rel pg_catalog.oid, t pg_catalog.tid);

-- clients: duplicate keys
SELECT "id"::pg_catalog.text, count(*) FROM (SELECT s."id" FROM pg_temp."cutover_staging_1" s) v GROUP BY "id" HAVING count(*) > 1 ORDER BY "id" LIMIT 5;

-- clients: refuse duplicates
INSERT INTO pg_temp."cutover_refused_1" SELECT s."_row", s."id", s."name", s."email", s."imported", 'duplicate_key', d."_count"::pg_catalog.text || ' rows have this key', NULL
FROM pg_temp."cutover_staging_1" s JOIN
  (SELECT v."id", count(*) AS "_count" FROM (SELECT s."id" FROM pg_temp."cutover_staging_1" s UNION ALL SELECT r."id" FROM pg_temp."cutover_refused_1" r WHERE r."id" IS NOT NULL) v GROUP BY v."id" HAVING count(*) > 1) d ON d."id" = s."id";

-- clients: keep the last
DELETE FROM pg_temp."cutover_refused_1" WHERE "_row" IN
  (SELECT "_row" FROM (SELECT v."_row", row_number() OVER (PARTITION BY v."id" ORDER BY v."_row" DESC) AS "_place"
  FROM (SELECT s."id", s."_row" FROM pg_temp."cutover_staging_1" s UNION ALL SELECT r."id", r."_row" FROM pg_temp."cutover_refused_1" r WHERE r."id" IS NOT NULL) v) l WHERE "_place" > 1);

-- clients: keep the last
DELETE FROM pg_temp."cutover_staging_1" WHERE "_row" IN
  (SELECT "_row" FROM (SELECT v."_row", row_number() OVER (PARTITION BY v."id" ORDER BY v."_row" DESC) AS "_place"
  FROM (SELECT s."id", s."_row" FROM pg_temp."cutover_staging_1" s UNION ALL SELECT r."id", r."_row" FROM pg_temp."cutover_refused_1" r WHERE r."id" IS NOT NULL) v) l WHERE "_place" > 1);

-- clients: find NULL
SELECT count(*) OVER (), s."_row" FROM pg_temp."cutover_staging_1" s WHERE s."id" IS NULL ORDER BY s."_row" LIMIT 5;

-- clients: refuse NULL
INSERT INTO pg_temp."cutover_refused_1" SELECT s."_row", s."id", s."name", s."email", s."imported", 'null_key', substr(CASE WHEN s."id" IS NULL THEN '; id: NULL is not allowed' ELSE '' END, 3), NULL
FROM pg_temp."cutover_staging_1" s WHERE s."id" IS NULL;

-- clients: compare
INSERT INTO pg_temp."cutover_changes_1" (op, s, t_rel, t)
SELECT * FROM (
  SELECT CASE
    WHEN s."_row" IS NULL THEN CASE WHEN coalesce(t."imported" = E'true', FALSE) THEN 'd' END
    WHEN t.ctid IS NULL THEN 'i'
    WHEN NOT coalesce(t."imported" = E'true', FALSE) THEN 'p'
    WHEN s."name" COLLATE "C" IS DISTINCT FROM t."name" COLLATE "C" OR s."email" COLLATE "C" IS DISTINCT FROM t."email" COLLATE "C" OR s."imported" IS DISTINCT FROM t."imported" THEN 'u'
  END AS op, s."_row", t.tableoid, t.ctid
  FROM pg_temp."cutover_staging_1" s FULL JOIN "public"."clients" t ON t."id" = s."id"
) x WHERE op IS NOT NULL;

-- clients: retain
UPDATE pg_temp."cutover_changes_1" SET op = 'r' WHERE op = 'd' AND (t_rel, t) IN
  (SELECT t.tableoid, t.ctid FROM "public"."clients" t JOIN pg_temp."cutover_refused_1" s ON t."id" = s."id");

-- clients: local conflicts
SELECT count(*) OVER (), s."id"::pg_catalog.text, substr(CASE WHEN s."name" COLLATE "C" IS DISTINCT FROM t."name" COLLATE "C" THEN ', name' ELSE '' END || CASE WHEN s."email" COLLATE "C" IS DISTINCT FROM t."email" COLLATE "C" THEN ', email' ELSE '' END, 3)
FROM pg_temp."cutover_changes_1" c JOIN pg_temp."cutover_staging_1" s ON s."_row" = c.s JOIN "public"."clients" t ON t.tableoid = c.t_rel AND t.ctid = c.t WHERE c.op = 'p' AND TRUE AND (s."name" COLLATE "C" IS DISTINCT FROM t."name" COLLATE "C" OR s."email" COLLATE "C" IS DISTINCT FROM t."email" COLLATE "C") ORDER BY s."id" LIMIT 5;

-- clients: refuse local conflicts
INSERT INTO pg_temp."cutover_refused_1" SELECT s."_row", s."id", s."name", s."email", s."imported", 'local_conflict', 'a local row has this key and differs in ' || substr(CASE WHEN s."name" COLLATE "C" IS DISTINCT FROM t."name" COLLATE "C" THEN ', name' ELSE '' END || CASE WHEN s."email" COLLATE "C" IS DISTINCT FROM t."email" COLLATE "C" THEN ', email' ELSE '' END, 3), NULL
FROM pg_temp."cutover_changes_1" c JOIN pg_temp."cutover_staging_1" s ON s."_row" = c.s JOIN "public"."clients" t ON t.tableoid = c.t_rel AND t.ctid = c.t WHERE c.op = 'p' AND TRUE AND (s."name" COLLATE "C" IS DISTINCT FROM t."name" COLLATE "C" OR s."email" COLLATE "C" IS DISTINCT FROM t."email" COLLATE "C");

-- clients: no longer preserved
DELETE FROM pg_temp."cutover_changes_1" WHERE op = 'p' AND s IN (SELECT "_row" FROM pg_temp."cutover_refused_1");

-- clients: referring
SELECT count(*) FROM pg_temp."cutover_changes_1" d JOIN "public"."clients" p ON p.tableoid = d.t_rel AND p.ctid = d.t JOIN "public"."odd ""jobs""" t ON p."id" = t."client_id" LEFT JOIN (SELECT t_rel, t FROM pg_temp."cutover_changes_0" WHERE op IN ('d')) x0 ON t.tableoid = x0.t_rel AND t.ctid = x0.t WHERE d.op = 'd' AND x0."t" IS NULL;

-- clients: no early delete
UPDATE pg_temp."cutover_changes_1" SET op = 'd' WHERE op = 'e' AND (t_rel, t) IN
  (SELECT p.tableoid, p.ctid FROM "public"."clients" p JOIN "public"."odd ""jobs""" t ON p."id" = t."client_id" LEFT JOIN (SELECT t_rel, t FROM pg_temp."cutover_changes_0" WHERE op = 'e') x ON t.tableoid = x.t_rel AND t.ctid = x.t WHERE x.t IS NULL);

-- clients: early
UPDATE pg_temp."cutover_changes_1" SET op = 'e' WHERE op = 'd' AND (t_rel, t) IN
  (SELECT t.tableoid, t.ctid FROM pg_temp."cutover_changes_1" c JOIN pg_temp."cutover_staging_1" s ON s."_row" = c.s JOIN "public"."clients" t ON t."email" = s."email" WHERE c.op IN ('i', 'u'));

-- clients: conflicts
WITH w (r, c0, k0) AS (SELECT s."_row", s."email", s."id" FROM pg_temp."cutover_staging_1" s LEFT JOIN "public"."clients" t ON t."id" = s."id" WHERE (t.ctid IS NULL OR coalesce(t."imported" = E'true', FALSE))),
 h (c0, k0) AS (SELECT t."email", t."id" FROM "public"."clients" t WHERE NOT coalesce(t."imported" = E'true', FALSE) AND (t."email") IN (SELECT s."c0" FROM w s) UNION SELECT t."email", t."id" FROM "public"."clients" t JOIN pg_temp."cutover_refused_1" s ON t."id" = s."id"),
 x (r, held) AS (SELECT w.r, 0 FROM w JOIN (SELECT c0 FROM w GROUP BY c0 HAVING count(*) > 1) d ON d.c0 = w.c0
  UNION SELECT w.r, 1 FROM w JOIN h ON h.c0 = w.c0 LEFT JOIN w o ON h.k0 = o.k0 WHERE o.r IS NULL)
SELECT w.c0::pg_catalog.text, count(DISTINCT w.r), max(x.held) FROM x JOIN w ON w.r = x.r GROUP BY w.c0 ORDER BY w.c0 LIMIT 5;

-- clients: conflicts with retained rows
WITH w (r, c0, k0) AS (SELECT s."_row", s."email", s."id" FROM pg_temp."cutover_staging_1" s LEFT JOIN "public"."clients" t ON t."id" = s."id" WHERE (t.ctid IS NULL OR coalesce(t."imported" = E'true', FALSE))),
 h (c0, k0) AS (SELECT t."email", t."id" FROM pg_temp."cutover_changes_1" c JOIN "public"."clients" t ON t.tableoid = c.t_rel AND t.ctid = c.t WHERE c.op = 'r'),
 x (r, held) AS (SELECT w.r, 0 FROM w JOIN (SELECT c0 FROM w GROUP BY c0 HAVING count(*) > 1) d ON d.c0 = w.c0
  UNION SELECT w.r, 1 FROM w JOIN h ON h.c0 = w.c0 LEFT JOIN w o ON h.k0 = o.k0 WHERE o.r IS NULL)
SELECT w.c0::pg_catalog.text, count(DISTINCT w.r), max(x.held) FROM x JOIN w ON w.r = x.r GROUP BY w.c0 ORDER BY w.c0 LIMIT 5;

-- clients: refuse conflicts
WITH w (r, c0, k0) AS (SELECT s."_row", s."email", s."id" FROM pg_temp."cutover_staging_1" s LEFT JOIN "public"."clients" t ON t."id" = s."id" WHERE (t.ctid IS NULL OR coalesce(t."imported" = E'true', FALSE))),
 h (c0, k0) AS (SELECT t."email", t."id" FROM "public"."clients" t WHERE NOT coalesce(t."imported" = E'true', FALSE) AND (t."email") IN (SELECT s."c0" FROM w s) UNION SELECT t."email", t."id" FROM "public"."clients" t JOIN pg_temp."cutover_refused_1" s ON t."id" = s."id"),
 x (r, held) AS (SELECT w.r, 0 FROM w JOIN (SELECT c0 FROM w GROUP BY c0 HAVING count(*) > 1) d ON d.c0 = w.c0
  UNION SELECT w.r, 1 FROM w JOIN h ON h.c0 = w.c0 LEFT JOIN w o ON h.k0 = o.k0 WHERE o.r IS NULL)
INSERT INTO pg_temp."cutover_refused_1" SELECT s."_row", s."id", s."name", s."email", s."imported", 'unique_conflict', 'email is held by another row', NULL
FROM pg_temp."cutover_staging_1" s WHERE s."_row" IN (SELECT r FROM x);

-- clients: park
WITH moved AS (
  UPDATE "public"."clients" AS t SET "email" = NULL FROM (SELECT DISTINCT c.t_rel, c.t FROM pg_temp."cutover_changes_1" c JOIN "public"."clients" t ON t.tableoid = c.t_rel AND t.ctid = c.t JOIN pg_temp."cutover_staging_1" s ON t."email" = s."email" JOIN pg_temp."cutover_changes_1" w ON w.s = s."_row" AND w.op IN ('i', 'u') WHERE c.op IN ('u', 'd') AND (c.s IS NULL OR c.s <> w.s)) x WHERE t.tableoid = x.t_rel AND t.ctid = x.t
  RETURNING x.t_rel AS old_rel, x.t AS old, t.tableoid AS new_rel, t.ctid AS new)
UPDATE pg_temp."cutover_changes_1" AS c SET t_rel = m.new_rel, t = m.new FROM moved m WHERE c.t_rel = m.old_rel AND c.t = m.old;

-- clients: late insert
INSERT INTO "public"."clients" ("id", "name", "email", "imported")
SELECT s."id", NULL, s."email", s."imported" FROM pg_temp."cutover_changes_1" c JOIN pg_temp."cutover_staging_1" s ON s."_row" = c.s WHERE c.op = 'i' ORDER BY s."id";

-- clients: late references
UPDATE "public"."clients" AS t SET "name" = s."name"
FROM pg_temp."cutover_changes_1" c JOIN pg_temp."cutover_staging_1" s ON s."_row" = c.s WHERE c.op = 'i' AND (s."name" IS NOT NULL) AND t."id" = s."id";

-- clients: unlink
WITH moved AS (
  UPDATE "public"."clients" AS t SET "name" = NULL FROM (SELECT DISTINCT c.t_rel, c.t FROM pg_temp."cutover_changes_1" c JOIN "public"."clients" t ON t.tableoid = c.t_rel AND t.ctid = c.t WHERE c.op = 'd' AND (t."name" IS NOT NULL)) x WHERE t.tableoid = x.t_rel AND t.ctid = x.t
  RETURNING x.t_rel AS old_rel, x.t AS old, t.tableoid AS new_rel, t.ctid AS new)
UPDATE pg_temp."cutover_changes_1" AS c SET t_rel = m.new_rel, t = m.new FROM moved m WHERE c.t_rel = m.old_rel AND c.t = m.old;

-- clients: retain referred
UPDATE pg_temp."cutover_changes_1" SET op = 'r' WHERE op = 'd' AND (t_rel, t) IN
  (SELECT d."t_rel", d."t" FROM pg_temp."cutover_changes_1" d JOIN "public"."clients" p ON p.tableoid = d.t_rel AND p.ctid = d.t JOIN "public"."odd ""jobs""" t ON p."id" = t."client_id" LEFT JOIN (SELECT t_rel, t FROM pg_temp."cutover_changes_0" WHERE op IN ('d')) x0 ON t.tableoid = x0.t_rel AND t.ctid = x0.t WHERE d.op = 'd' AND x0."t" IS NULL);

-- clients: rewritten
SELECT count(*) FILTER (WHERE s."name" COLLATE "C" IS DISTINCT FROM t."name" COLLATE "C"), count(*) FILTER (WHERE s."email" COLLATE "C" IS DISTINCT FROM t."email" COLLATE "C"), count(*) FILTER (WHERE s."imported" IS DISTINCT FROM t."imported")
FROM pg_temp."cutover_changes_1" c JOIN pg_temp."cutover_staging_1" s ON s."_row" = c.s JOIN "public"."clients" t ON t."id" = s."id" WHERE c.op IN ('i', 'u');

-- clients: defer
SET CONSTRAINTS "public"."jobs_client" DEFERRED;

-- clients: insert
INSERT INTO "public"."clients" ("id", "name", "email", "imported")
SELECT s."id", s."name", s."email", s."imported" FROM pg_temp."cutover_changes_1" c JOIN pg_temp."cutover_staging_1" s ON s."_row" = c.s WHERE c.op = 'i' ORDER BY s."id";

-- clients: insert in pages
INSERT INTO "public"."clients" ("id", "name", "email", "imported")
SELECT s."id", s."name", s."email", s."imported" FROM pg_temp."cutover_changes_1" c JOIN pg_temp."cutover_staging_1" s ON s."_row" = c.s WHERE c.op = 'i' AND c.s > $1 AND c.s <= $2 ORDER BY s."id";

-- clients: last inserted
SELECT max(s) FROM pg_temp."cutover_changes_1" WHERE op = 'i';

-- clients: update
UPDATE "public"."clients" AS t SET "name" = s."name", "email" = s."email", "imported" = s."imported"
FROM pg_temp."cutover_changes_1" c JOIN pg_temp."cutover_staging_1" s ON s."_row" = c.s WHERE c.op = 'u' AND t.tableoid = c.t_rel AND t.ctid = c.t;

-- clients: delete
DELETE FROM "public"."clients" AS t USING pg_temp."cutover_changes_1" c WHERE c.op = 'd' AND t.tableoid = c.t_rel AND t.ctid = c.t;

-- clients: examples of refused rows
SELECT row_key, detail FROM (SELECT CASE place WHEN 1 THEN row_key ELSE row_key || '#' || place END AS row_key, ordinal, detail
  FROM (SELECT x.*, row_number() OVER (PARTITION BY row_key ORDER BY ordinal) AS place
  FROM (SELECT substr(CASE WHEN r."id" IS NOT NULL THEN '[' || coalesce(pg_catalog.to_json(r."id"::pg_catalog.text)::pg_catalog.text, 'null') || ']' ELSE '[' || coalesce(pg_catalog.to_json(r."id"::pg_catalog.text)::pg_catalog.text, 'null') || ',' || coalesce(pg_catalog.to_json(r."name"::pg_catalog.text)::pg_catalog.text, 'null') || ',' || coalesce(pg_catalog.to_json(r."email"::pg_catalog.text)::pg_catalog.text, 'null') || ',' || coalesce(pg_catalog.to_json(r."imported"::pg_catalog.text)::pg_catalog.text, 'null') || ']' END, 1, 500) AS row_key, r."_row" AS ordinal, r."_detail" AS detail FROM pg_temp."cutover_refused_1" r) x) y) n ORDER BY ordinal LIMIT 5;

-- clients: forget in quarantine
DELETE FROM cutover."quarantine" WHERE phase = $1 AND table_name = $2 AND row_key NOT IN (SELECT row_key FROM (SELECT CASE place WHEN 1 THEN row_key ELSE row_key || '#' || place END AS row_key, ordinal
  FROM (SELECT x.*, row_number() OVER (PARTITION BY row_key ORDER BY ordinal) AS place
  FROM (SELECT substr(CASE WHEN r."id" IS NOT NULL THEN '[' || coalesce(pg_catalog.to_json(r."id"::pg_catalog.text)::pg_catalog.text, 'null') || ']' ELSE '[' || coalesce(pg_catalog.to_json(r."id"::pg_catalog.text)::pg_catalog.text, 'null') || ',' || coalesce(pg_catalog.to_json(r."name"::pg_catalog.text)::pg_catalog.text, 'null') || ',' || coalesce(pg_catalog.to_json(r."email"::pg_catalog.text)::pg_catalog.text, 'null') || ',' || coalesce(pg_catalog.to_json(r."imported"::pg_catalog.text)::pg_catalog.text, 'null') || ']' END, 1, 500) AS row_key, r."_row" AS ordinal FROM pg_temp."cutover_refused_1" r) x) y) n);

-- clients: verify source
SELECT s."email", s."id", s."imported", s."name" FROM pg_temp."cutover_staging_1" s LEFT JOIN (SELECT s FROM pg_temp."cutover_changes_1" WHERE op = 'p') x ON x.s = s."_row" WHERE x.s IS NULL;

-- clients: verify target
SELECT t."email", t."id", t."imported", t."name" FROM "public"."clients" t LEFT JOIN (SELECT t_rel, t FROM pg_temp."cutover_changes_1" WHERE op IN ('p', 'r')) x ON t.tableoid = x.t_rel AND t.ctid = x.t WHERE x."t" IS NULL AND coalesce(t."imported" = E'true', FALSE);

-- clients: verify different
SELECT s."id"::pg_catalog.text, CASE WHEN s."name" COLLATE "C" IS DISTINCT FROM t."name" COLLATE "C" THEN '{"source": ' || coalesce(pg_catalog.to_json(s."name")::pg_catalog.text, 'null') || ', "target": ' || coalesce(pg_catalog.to_json(t."name")::pg_catalog.text, 'null') || '}' END, CASE WHEN s."email" COLLATE "C" IS DISTINCT FROM t."email" COLLATE "C" THEN '{"source": ' || coalesce(pg_catalog.to_json(s."email")::pg_catalog.text, 'null') || ', "target": ' || coalesce(pg_catalog.to_json(t."email")::pg_catalog.text, 'null') || '}' END, CASE WHEN s."imported" IS DISTINCT FROM t."imported" THEN '{"source": ' || coalesce(pg_catalog.to_json(s."imported")::pg_catalog.text, 'null') || ', "target": ' || coalesce(pg_catalog.to_json(t."imported")::pg_catalog.text, 'null') || '}' END FROM pg_temp."cutover_changes_1" c JOIN pg_temp."cutover_staging_1" s ON s."_row" = c.s JOIN "public"."clients" t ON t.tableoid = c.t_rel AND t.ctid = c.t WHERE c.op = 'u' ORDER BY s."id" LIMIT 5;

-- clients: keep in quarantine
INSERT INTO cutover."quarantine" AS q (phase, table_name, row_key, reason, detail, row_data, first_run, last_run)
SELECT $1, $2, n.row_key, n.reason, n.detail, n.row_data, $3, $3
FROM (SELECT CASE place WHEN 1 THEN row_key ELSE row_key || '#' || place END AS row_key, ordinal, reason, detail, row_data
  FROM (SELECT x.*, row_number() OVER (PARTITION BY row_key ORDER BY ordinal) AS place
  FROM (SELECT substr(CASE WHEN r."id" IS NOT NULL THEN '[' || coalesce(pg_catalog.to_json(r."id"::pg_catalog.text)::pg_catalog.text, 'null') || ']' ELSE '[' || coalesce(pg_catalog.to_json(r."id"::pg_catalog.text)::pg_catalog.text, 'null') || ',' || coalesce(pg_catalog.to_json(r."name"::pg_catalog.text)::pg_catalog.text, 'null') || ',' || coalesce(pg_catalog.to_json(r."email"::pg_catalog.text)::pg_catalog.text, 'null') || ',' || coalesce(pg_catalog.to_json(r."imported"::pg_catalog.text)::pg_catalog.text, 'null') || ']' END, 1, 500) AS row_key, r."_row" AS ordinal, r."_reason" AS reason, r."_detail" AS detail, ('{"id":' || coalesce(pg_catalog.to_json(r."id")::pg_catalog.text, 'null') || ',"name":' || coalesce(pg_catalog.to_json(r."name")::pg_catalog.text, 'null') || ',"email":' || coalesce(pg_catalog.to_json(r."email")::pg_catalog.text, 'null') || ',"imported":' || coalesce(pg_catalog.to_json(r."imported")::pg_catalog.text, 'null') || '}')::pg_catalog.jsonb || coalesce(r."_data", '{}')::pg_catalog.jsonb AS row_data FROM pg_temp."cutover_refused_1" r) x) y) n
LEFT JOIN cutover."quarantine" o ON o.phase = $1 AND o.table_name = $2 AND o.row_key = n.row_key
WHERE o.row_key IS NULL OR o.reason IS DISTINCT FROM n.reason OR (o.detail IS DISTINCT FROM n.detail AND n.ordinal > $4) OR o.row_data IS DISTINCT FROM n.row_data
ON CONFLICT (phase, table_name, row_key) DO UPDATE
SET reason = excluded.reason, detail = excluded.detail, row_data = excluded.row_data, last_run = excluded.last_run;

-- odd "jobs": make
CREATE TABLE pg_temp."cutover_staging_0" ("_row_" pg_catalog.int8, "client_id" bigint, "number" text, "_row" integer, "note" jsonb);

-- odd "jobs": make
CREATE TABLE pg_temp."cutover_refused_0" ("_row_" pg_catalog.int8, "client_id" bigint, "number" text, "_row" integer, "note" jsonb, "_reason" text, "_detail" text, "_data" text);

-- odd "jobs": make
CREATE TABLE pg_temp."cutover_changes_0" (op pg_catalog."char", s pg_catalog.int8, t_rel pg_catalog.oid, t pg_catalog.tid);

-- odd "jobs": duplicate keys
SELECT "client_id"::pg_catalog.text, "number"::pg_catalog.text, count(*) FROM (SELECT s."client_id", s."number" FROM pg_temp."cutover_staging_0" s) v GROUP BY "client_id", "number" HAVING count(*) > 1 ORDER BY "client_id", "number" LIMIT 5;

-- odd "jobs": refuse duplicates
INSERT INTO pg_temp."cutover_refused_0" SELECT s."_row_", s."client_id", s."number", s."_row", s."note", 'duplicate_key', d."_count"::pg_catalog.text || ' rows have this key', NULL
FROM pg_temp."cutover_staging_0" s JOIN
  (SELECT v."client_id", v."number", count(*) AS "_count" FROM (SELECT s."client_id", s."number" FROM pg_temp."cutover_staging_0" s UNION ALL SELECT r."client_id", r."number" FROM pg_temp."cutover_refused_0" r WHERE r."client_id" IS NOT NULL AND r."number" IS NOT NULL) v GROUP BY v."client_id", v."number" HAVING count(*) > 1) d ON d."client_id" = s."client_id" AND d."number" = s."number";

-- odd "jobs": keep the last
DELETE FROM pg_temp."cutover_refused_0" WHERE "_row_" IN
  (SELECT "_row_" FROM (SELECT v."_row_", row_number() OVER (PARTITION BY v."client_id", v."number" ORDER BY v."number" COLLATE "C" DESC NULLS LAST, v."_row_" DESC) AS "_place"
  FROM (SELECT s."client_id", s."number", s."_row_" FROM pg_temp."cutover_staging_0" s UNION ALL SELECT r."client_id", r."number", r."_row_" FROM pg_temp."cutover_refused_0" r WHERE r."client_id" IS NOT NULL AND r."number" IS NOT NULL) v) l WHERE "_place" > 1);

-- odd "jobs": keep the last
DELETE FROM pg_temp."cutover_staging_0" WHERE "_row_" IN
  (SELECT "_row_" FROM (SELECT v."_row_", row_number() OVER (PARTITION BY v."client_id", v."number" ORDER BY v."number" COLLATE "C" DESC NULLS LAST, v."_row_" DESC) AS "_place"
  FROM (SELECT s."client_id", s."number", s."_row_" FROM pg_temp."cutover_staging_0" s UNION ALL SELECT r."client_id", r."number", r."_row_" FROM pg_temp."cutover_refused_0" r WHERE r."client_id" IS NOT NULL AND r."number" IS NOT NULL) v) l WHERE "_place" > 1);

-- odd "jobs": find NULL
SELECT count(*) OVER (), s."_row_" FROM pg_temp."cutover_staging_0" s WHERE s."client_id" IS NULL OR s."number" IS NULL ORDER BY s."_row_" LIMIT 5;

-- odd "jobs": refuse NULL
INSERT INTO pg_temp."cutover_refused_0" SELECT s."_row_", s."client_id", s."number", s."_row", s."note", 'null_key', substr(CASE WHEN s."client_id" IS NULL THEN '; client_id: NULL is not allowed' ELSE '' END || CASE WHEN s."number" IS NULL THEN '; number: NULL is not allowed' ELSE '' END, 3), NULL
FROM pg_temp."cutover_staging_0" s WHERE s."client_id" IS NULL OR s."number" IS NULL;

-- odd "jobs": refuse
WITH k0 (c0) AS (SELECT s."id" FROM pg_temp."cutover_staging_1" s UNION SELECT t."id" FROM "public"."clients" t WHERE NOT coalesce(t."imported" = E'true', FALSE) AND (t."id") IN (SELECT s."client_id" FROM pg_temp."cutover_staging_0" s) UNION SELECT t."id" FROM "public"."clients" t JOIN pg_temp."cutover_refused_1" s ON t."id" = s."id")
INSERT INTO pg_temp."cutover_refused_0" SELECT s."_row_", s."client_id", s."number", s."_row", s."note", 'missing_reference', substr(CASE WHEN (s."client_id" IS NOT NULL AND r0.c0 IS NULL) THEN '; client_id is not in clients' ELSE '' END, 3), NULL
FROM pg_temp."cutover_staging_0" s LEFT JOIN k0 r0 ON s."client_id" = r0."c0"
WHERE (s."client_id" IS NOT NULL AND r0.c0 IS NULL);

-- odd "jobs": null
WITH k0 (c0) AS (SELECT s."id" FROM pg_temp."cutover_staging_1" s UNION SELECT t."id" FROM "public"."clients" t WHERE NOT coalesce(t."imported" = E'true', FALSE) AND (t."id") IN (SELECT s."client_id" FROM pg_temp."cutover_staging_0" s) UNION SELECT t."id" FROM "public"."clients" t JOIN pg_temp."cutover_refused_1" s ON t."id" = s."id")
UPDATE pg_temp."cutover_staging_0" SET "client_id" = NULL WHERE "_row_" IN
  (SELECT s."_row_" FROM pg_temp."cutover_staging_0" s LEFT JOIN k0 r0 ON s."client_id" = r0."c0" WHERE (s."client_id" IS NOT NULL AND r0.c0 IS NULL));

-- odd "jobs": find
WITH k0 (c0) AS (SELECT s."id" FROM pg_temp."cutover_staging_1" s UNION SELECT t."id" FROM "public"."clients" t WHERE NOT coalesce(t."imported" = E'true', FALSE) AND (t."id") IN (SELECT s."client_id" FROM pg_temp."cutover_staging_0" s) UNION SELECT t."id" FROM "public"."clients" t JOIN pg_temp."cutover_refused_1" s ON t."id" = s."id")
SELECT CAST(sum(count(*)) OVER () AS bigint), s."client_id"::pg_catalog.text
FROM pg_temp."cutover_staging_0" s LEFT JOIN k0 r0 ON s."client_id" = r0."c0"
WHERE (s."client_id" IS NOT NULL AND r0.c0 IS NULL) GROUP BY s."client_id" ORDER BY s."client_id" LIMIT 5;

-- odd "jobs": compare
INSERT INTO pg_temp."cutover_changes_0" (op, s, t_rel, t)
SELECT * FROM (
  SELECT CASE
    WHEN t.ctid IS NULL THEN 'i'
    WHEN s."_row" IS DISTINCT FROM t."_row" THEN 'u'
  END AS op, s."_row_", t.tableoid, t.ctid
  FROM pg_temp."cutover_staging_0" s LEFT JOIN "public"."odd ""jobs""" t ON t."client_id" = s."client_id" AND t."number" = s."number"
) x WHERE op IS NOT NULL;

-- odd "jobs": retain
UPDATE pg_temp."cutover_changes_0" SET op = 'r' WHERE op = 'd' AND (t_rel, t) IN
  (SELECT t.tableoid, t.ctid FROM "public"."odd ""jobs""" t JOIN pg_temp."cutover_refused_0" s ON t."client_id" = s."client_id" AND t."number" = s."number");

-- odd "jobs": insert
INSERT INTO "public"."odd ""jobs""" ("client_id", "number", "_row", "note")
SELECT s."client_id", s."number", s."_row", s."note" FROM pg_temp."cutover_changes_0" c JOIN pg_temp."cutover_staging_0" s ON s."_row_" = c.s WHERE c.op = 'i' ORDER BY s."client_id", s."number";

-- odd "jobs": insert in pages
INSERT INTO "public"."odd ""jobs""" ("client_id", "number", "_row", "note")
SELECT s."client_id", s."number", s."_row", s."note" FROM pg_temp."cutover_changes_0" c JOIN pg_temp."cutover_staging_0" s ON s."_row_" = c.s WHERE c.op = 'i' AND c.s > $1 AND c.s <= $2 ORDER BY s."client_id", s."number";

-- odd "jobs": last inserted
SELECT max(s) FROM pg_temp."cutover_changes_0" WHERE op = 'i';

-- odd "jobs": update
UPDATE "public"."odd ""jobs""" AS t SET "_row" = s."_row"
FROM pg_temp."cutover_changes_0" c JOIN pg_temp."cutover_staging_0" s ON s."_row_" = c.s WHERE c.op = 'u' AND t.tableoid = c.t_rel AND t.ctid = c.t;

-- odd "jobs": delete
DELETE FROM "public"."odd ""jobs""" AS t USING pg_temp."cutover_changes_0" c WHERE c.op = 'd' AND t.tableoid = c.t_rel AND t.ctid = c.t;

-- odd "jobs": examples of refused rows
SELECT row_key, detail FROM (SELECT CASE place WHEN 1 THEN row_key ELSE row_key || '#' || place END AS row_key, ordinal, detail
  FROM (SELECT x.*, row_number() OVER (PARTITION BY row_key ORDER BY ordinal) AS place
  FROM (SELECT substr(CASE WHEN r."client_id" IS NOT NULL AND r."number" IS NOT NULL THEN '[' || coalesce(pg_catalog.to_json(r."client_id"::pg_catalog.text)::pg_catalog.text, 'null') || ',' || coalesce(pg_catalog.to_json(r."number"::pg_catalog.text)::pg_catalog.text, 'null') || ']' ELSE '[' || coalesce(pg_catalog.to_json(r."client_id"::pg_catalog.text)::pg_catalog.text, 'null') || ',' || coalesce(pg_catalog.to_json(r."number"::pg_catalog.text)::pg_catalog.text, 'null') || ',' || coalesce(pg_catalog.to_json(r."_row"::pg_catalog.text)::pg_catalog.text, 'null') || ',' || coalesce(pg_catalog.to_json(r."note"::pg_catalog.text)::pg_catalog.text, 'null') || ']' END, 1, 500) AS row_key, r."_row_" AS ordinal, r."_detail" AS detail FROM pg_temp."cutover_refused_0" r) x) y) n ORDER BY ordinal LIMIT 5;

-- odd "jobs": forget in quarantine
DELETE FROM cutover."quarantine" WHERE phase = $1 AND table_name = $2 AND row_key NOT IN (SELECT row_key FROM (SELECT CASE place WHEN 1 THEN row_key ELSE row_key || '#' || place END AS row_key, ordinal
  FROM (SELECT x.*, row_number() OVER (PARTITION BY row_key ORDER BY ordinal) AS place
  FROM (SELECT substr(CASE WHEN r."client_id" IS NOT NULL AND r."number" IS NOT NULL THEN '[' || coalesce(pg_catalog.to_json(r."client_id"::pg_catalog.text)::pg_catalog.text, 'null') || ',' || coalesce(pg_catalog.to_json(r."number"::pg_catalog.text)::pg_catalog.text, 'null') || ']' ELSE '[' || coalesce(pg_catalog.to_json(r."client_id"::pg_catalog.text)::pg_catalog.text, 'null') || ',' || coalesce(pg_catalog.to_json(r."number"::pg_catalog.text)::pg_catalog.text, 'null') || ',' || coalesce(pg_catalog.to_json(r."_row"::pg_catalog.text)::pg_catalog.text, 'null') || ',' || coalesce(pg_catalog.to_json(r."note"::pg_catalog.text)::pg_catalog.text, 'null') || ']' END, 1, 500) AS row_key, r."_row_" AS ordinal FROM pg_temp."cutover_refused_0" r) x) y) n);

-- odd "jobs": verify source
SELECT s."_row", s."client_id", s."number" FROM pg_temp."cutover_staging_0" s LEFT JOIN (SELECT s FROM pg_temp."cutover_changes_0" WHERE op = 'p') x ON x.s = s."_row_" WHERE x.s IS NULL;

-- odd "jobs": verify target
SELECT t."_row", t."client_id", t."number" FROM pg_temp."cutover_staging_0" s JOIN "public"."odd ""jobs""" t ON t."client_id" = s."client_id" AND t."number" = s."number" LEFT JOIN (SELECT s FROM pg_temp."cutover_changes_0" WHERE op = 'p') x ON x.s = s."_row_" WHERE x.s IS NULL;

-- odd "jobs": verify different
SELECT s."client_id"::pg_catalog.text, s."number"::pg_catalog.text, CASE WHEN s."_row" IS DISTINCT FROM t."_row" THEN '{"source": ' || coalesce(pg_catalog.to_json(s."_row")::pg_catalog.text, 'null') || ', "target": ' || coalesce(pg_catalog.to_json(t."_row")::pg_catalog.text, 'null') || '}' END FROM pg_temp."cutover_changes_0" c JOIN pg_temp."cutover_staging_0" s ON s."_row_" = c.s JOIN "public"."odd ""jobs""" t ON t.tableoid = c.t_rel AND t.ctid = c.t WHERE c.op = 'u' ORDER BY s."client_id", s."number" LIMIT 5;

-- odd "jobs": keep in quarantine
INSERT INTO cutover."quarantine" AS q (phase, table_name, row_key, reason, detail, row_data, first_run, last_run)
SELECT $1, $2, n.row_key, n.reason, n.detail, n.row_data, $3, $3
FROM (SELECT CASE place WHEN 1 THEN row_key ELSE row_key || '#' || place END AS row_key, ordinal, reason, detail, row_data
  FROM (SELECT x.*, row_number() OVER (PARTITION BY row_key ORDER BY ordinal) AS place
  FROM (SELECT substr(CASE WHEN r."client_id" IS NOT NULL AND r."number" IS NOT NULL THEN '[' || coalesce(pg_catalog.to_json(r."client_id"::pg_catalog.text)::pg_catalog.text, 'null') || ',' || coalesce(pg_catalog.to_json(r."number"::pg_catalog.text)::pg_catalog.text, 'null') || ']' ELSE '[' || coalesce(pg_catalog.to_json(r."client_id"::pg_catalog.text)::pg_catalog.text, 'null') || ',' || coalesce(pg_catalog.to_json(r."number"::pg_catalog.text)::pg_catalog.text, 'null') || ',' || coalesce(pg_catalog.to_json(r."_row"::pg_catalog.text)::pg_catalog.text, 'null') || ',' || coalesce(pg_catalog.to_json(r."note"::pg_catalog.text)::pg_catalog.text, 'null') || ']' END, 1, 500) AS row_key, r."_row_" AS ordinal, r."_reason" AS reason, r."_detail" AS detail, ('{"client_id":' || coalesce(pg_catalog.to_json(r."client_id")::pg_catalog.text, 'null') || ',"number":' || coalesce(pg_catalog.to_json(r."number")::pg_catalog.text, 'null') || ',"_row":' || coalesce(pg_catalog.to_json(r."_row")::pg_catalog.text, 'null') || ',"note":' || coalesce(pg_catalog.to_json(r."note")::pg_catalog.text, 'null') || '}')::pg_catalog.jsonb || coalesce(r."_data", '{}')::pg_catalog.jsonb AS row_data FROM pg_temp."cutover_refused_0" r) x) y) n
LEFT JOIN cutover."quarantine" o ON o.phase = $1 AND o.table_name = $2 AND o.row_key = n.row_key
WHERE o.row_key IS NULL OR o.reason IS DISTINCT FROM n.reason OR (o.detail IS DISTINCT FROM n.detail AND n.ordinal > $4) OR o.row_data IS DISTINCT FROM n.row_data
ON CONFLICT (phase, table_name, row_key) DO UPDATE
SET reason = excluded.reason, detail = excluded.detail, row_data = excluded.row_data, last_run = excluded.last_run;

