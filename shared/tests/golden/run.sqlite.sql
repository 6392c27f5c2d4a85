-- clients: make
CREATE TABLE IF NOT EXISTS temp."cutover_staging_1_6bef620e4cb99dca" ("_row" INTEGER PRIMARY KEY, "id" BIGINT, "name" TEXT, "email" TEXT, "imported" BOOLEAN);

-- clients: make
DELETE FROM temp."cutover_staging_1_6bef620e4cb99dca";

-- clients: make
CREATE TABLE IF NOT EXISTS temp."cutover_refused_1_92198c23a4ee1551" ("_row" INTEGER PRIMARY KEY, "id" BIGINT, "name" TEXT, "email" TEXT, "imported" BOOLEAN, "_reason" text, "_detail" text, "_data" text);

-- clients: make
DELETE FROM temp."cutover_refused_1_92198c23a4ee1551";

-- clients: make
CREATE TABLE IF NOT EXISTS temp."cutover_changes_1_4bdad02eb4cb59d6" (op TEXT, s INTEGER, t INTEGER);

-- clients: make
DELETE FROM temp."cutover_changes_1_4bdad02eb4cb59d6";

-- clients: duplicate keys
SELECT CAST("id" AS TEXT), count(*) FROM (SELECT s."id" FROM temp."cutover_staging_1_6bef620e4cb99dca" s) v GROUP BY "id" HAVING count(*) > 1 ORDER BY "id" LIMIT 5;

-- clients: refuse duplicates
INSERT INTO temp."cutover_refused_1_92198c23a4ee1551" SELECT s."_row", s."id", s."name", s."email", s."imported", 'duplicate_key', CAST(d."_count" AS TEXT) || ' rows have this key', NULL
FROM temp."cutover_staging_1_6bef620e4cb99dca" s JOIN
  (SELECT v."id", count(*) AS "_count" FROM (SELECT s."id" FROM temp."cutover_staging_1_6bef620e4cb99dca" s UNION ALL SELECT r."id" FROM temp."cutover_refused_1_92198c23a4ee1551" r WHERE r."id" IS NOT NULL) v GROUP BY v."id" HAVING count(*) > 1) d ON d."id" = s."id";

-- clients: keep the last
DELETE FROM temp."cutover_refused_1_92198c23a4ee1551" WHERE "_row" IN
  (SELECT "_row" FROM (SELECT v."_row", row_number() OVER (PARTITION BY v."id" ORDER BY v."_row" DESC) AS "_place"
  FROM (SELECT s."id", s."_row" FROM temp."cutover_staging_1_6bef620e4cb99dca" s UNION ALL SELECT r."id", r."_row" FROM temp."cutover_refused_1_92198c23a4ee1551" r WHERE r."id" IS NOT NULL) v) l WHERE "_place" > 1);

-- clients: keep the last
DELETE FROM temp."cutover_staging_1_6bef620e4cb99dca" WHERE "_row" IN
  (SELECT "_row" FROM (SELECT v."_row", row_number() OVER (PARTITION BY v."id" ORDER BY v."_row" DESC) AS "_place"
  FROM (SELECT s."id", s."_row" FROM temp."cutover_staging_1_6bef620e4cb99dca" s UNION ALL SELECT r."id", r."_row" FROM temp."cutover_refused_1_92198c23a4ee1551" r WHERE r."id" IS NOT NULL) v) l WHERE "_place" > 1);

-- clients: find NULL
SELECT count(*) OVER (), s."_row" FROM temp."cutover_staging_1_6bef620e4cb99dca" s WHERE s."id" IS NULL ORDER BY s."_row" LIMIT 5;

-- clients: refuse NULL
INSERT INTO temp."cutover_refused_1_92198c23a4ee1551" SELECT s."_row", s."id", s."name", s."email", s."imported", 'null_key', substr(CASE WHEN s."id" IS NULL THEN '; id: NULL is not allowed' ELSE '' END, 3), NULL
FROM temp."cutover_staging_1_6bef620e4cb99dca" s WHERE s."id" IS NULL;

-- clients: compare
INSERT INTO temp."cutover_changes_1_4bdad02eb4cb59d6" (op, s, t)
SELECT * FROM (
  SELECT CASE
    WHEN t.rowid IS NULL THEN 'i'
    WHEN NOT coalesce(t."imported" = 1, FALSE) THEN 'p'
    WHEN s."name" COLLATE BINARY IS NOT t."name" OR s."email" COLLATE BINARY IS NOT t."email" OR s."imported" COLLATE BINARY IS NOT t."imported" THEN 'u'
  END AS op, s."_row", t.rowid
  FROM temp."cutover_staging_1_6bef620e4cb99dca" s LEFT JOIN "main"."clients" t ON t."id" = s."id"
) x WHERE op IS NOT NULL
UNION ALL
SELECT 'd', NULL, t.rowid
  FROM "main"."clients" t LEFT JOIN temp."cutover_staging_1_6bef620e4cb99dca" s ON t."id" = s."id"
  WHERE s."id" IS NULL AND coalesce(t."imported" = 1, FALSE);

-- clients: retain
UPDATE temp."cutover_changes_1_4bdad02eb4cb59d6" SET op = 'r' WHERE op = 'd' AND (t) IN
  (SELECT t.rowid FROM "main"."clients" t JOIN temp."cutover_refused_1_92198c23a4ee1551" s ON t."id" = s."id");

-- clients: local conflicts
SELECT count(*) OVER (), CAST(s."id" AS TEXT), substr(CASE WHEN s."name" COLLATE BINARY IS NOT t."name" THEN ', name' ELSE '' END || CASE WHEN s."email" COLLATE BINARY IS NOT t."email" THEN ', email' ELSE '' END, 3)
FROM temp."cutover_changes_1_4bdad02eb4cb59d6" c JOIN temp."cutover_staging_1_6bef620e4cb99dca" s ON s."_row" = c.s JOIN "main"."clients" t ON t.rowid = c.t WHERE c.op = 'p' AND TRUE AND (s."name" COLLATE BINARY IS NOT t."name" OR s."email" COLLATE BINARY IS NOT t."email") ORDER BY s."id" LIMIT 5;

-- clients: refuse local conflicts
INSERT INTO temp."cutover_refused_1_92198c23a4ee1551" SELECT s."_row", s."id", s."name", s."email", s."imported", 'local_conflict', 'a local row has this key and differs in ' || substr(CASE WHEN s."name" COLLATE BINARY IS NOT t."name" THEN ', name' ELSE '' END || CASE WHEN s."email" COLLATE BINARY IS NOT t."email" THEN ', email' ELSE '' END, 3), NULL
FROM temp."cutover_changes_1_4bdad02eb4cb59d6" c JOIN temp."cutover_staging_1_6bef620e4cb99dca" s ON s."_row" = c.s JOIN "main"."clients" t ON t.rowid = c.t WHERE c.op = 'p' AND TRUE AND (s."name" COLLATE BINARY IS NOT t."name" OR s."email" COLLATE BINARY IS NOT t."email");

-- clients: no longer preserved
DELETE FROM temp."cutover_changes_1_4bdad02eb4cb59d6" WHERE op = 'p' AND s IN (SELECT "_row" FROM temp."cutover_refused_1_92198c23a4ee1551");

-- clients: referring
SELECT count(*) FROM temp."cutover_changes_1_4bdad02eb4cb59d6" d JOIN "main"."clients" p ON p.rowid = d.t JOIN "main"."odd ""jobs""" t ON p."id" = t."client_id" LEFT JOIN (SELECT t FROM temp."cutover_changes_0_4bdad02eb4cb59d6" WHERE op IN ('d')) x0 ON t.rowid = x0.t WHERE d.op = 'd' AND x0."t" IS NULL;

-- clients: no early delete
UPDATE temp."cutover_changes_1_4bdad02eb4cb59d6" SET op = 'd' WHERE op = 'e' AND (t) IN
  (SELECT p.rowid FROM "main"."clients" p JOIN "main"."odd ""jobs""" t ON p."id" = t."client_id" LEFT JOIN (SELECT t FROM temp."cutover_changes_0_4bdad02eb4cb59d6" WHERE op = 'e') x ON t.rowid = x.t WHERE x.t IS NULL);

-- clients: early
UPDATE temp."cutover_changes_1_4bdad02eb4cb59d6" SET op = 'e' WHERE op = 'd' AND (t) IN
  (SELECT t.rowid FROM temp."cutover_changes_1_4bdad02eb4cb59d6" c JOIN temp."cutover_staging_1_6bef620e4cb99dca" s ON s."_row" = c.s JOIN "main"."clients" t ON t."email" = s."email" WHERE c.op IN ('i', 'u'));

-- clients: conflicts
WITH w (r, c0, k0) AS (SELECT s."_row", s."email", s."id" FROM temp."cutover_staging_1_6bef620e4cb99dca" s LEFT JOIN "main"."clients" t ON t."id" = s."id" WHERE (t.rowid IS NULL OR coalesce(t."imported" = 1, FALSE))),
 h (c0, k0) AS (SELECT t."email", t."id" FROM "main"."clients" t WHERE NOT coalesce(t."imported" = 1, FALSE) AND (t."email") IN (SELECT s."c0" FROM w s) UNION SELECT t."email", t."id" FROM "main"."clients" t JOIN temp."cutover_refused_1_92198c23a4ee1551" s ON t."id" = s."id"),
 x (r, held) AS (SELECT w.r, 0 FROM w JOIN (SELECT c0 FROM w GROUP BY c0 HAVING count(*) > 1) d ON d.c0 = w.c0
  UNION SELECT w.r, 1 FROM w JOIN h ON h.c0 = w.c0 LEFT JOIN w o ON h.k0 = o.k0 WHERE o.r IS NULL)
SELECT CAST(w.c0 AS TEXT), count(DISTINCT w.r), max(x.held) FROM x JOIN w ON w.r = x.r GROUP BY w.c0 ORDER BY w.c0 LIMIT 5;

-- clients: conflicts with retained rows
WITH w (r, c0, k0) AS (SELECT s."_row", s."email", s."id" FROM temp."cutover_staging_1_6bef620e4cb99dca" s LEFT JOIN "main"."clients" t ON t."id" = s."id" WHERE (t.rowid IS NULL OR coalesce(t."imported" = 1, FALSE))),
 h (c0, k0) AS (SELECT t."email", t."id" FROM temp."cutover_changes_1_4bdad02eb4cb59d6" c JOIN "main"."clients" t ON t.rowid = c.t WHERE c.op = 'r'),
 x (r, held) AS (SELECT w.r, 0 FROM w JOIN (SELECT c0 FROM w GROUP BY c0 HAVING count(*) > 1) d ON d.c0 = w.c0
  UNION SELECT w.r, 1 FROM w JOIN h ON h.c0 = w.c0 LEFT JOIN w o ON h.k0 = o.k0 WHERE o.r IS NULL)
SELECT CAST(w.c0 AS TEXT), count(DISTINCT w.r), max(x.held) FROM x JOIN w ON w.r = x.r GROUP BY w.c0 ORDER BY w.c0 LIMIT 5;

-- clients: refuse conflicts
WITH w (r, c0, k0) AS (SELECT s."_row", s."email", s."id" FROM temp."cutover_staging_1_6bef620e4cb99dca" s LEFT JOIN "main"."clients" t ON t."id" = s."id" WHERE (t.rowid IS NULL OR coalesce(t."imported" = 1, FALSE))),
 h (c0, k0) AS (SELECT t."email", t."id" FROM "main"."clients" t WHERE NOT coalesce(t."imported" = 1, FALSE) AND (t."email") IN (SELECT s."c0" FROM w s) UNION SELECT t."email", t."id" FROM "main"."clients" t JOIN temp."cutover_refused_1_92198c23a4ee1551" s ON t."id" = s."id"),
 x (r, held) AS (SELECT w.r, 0 FROM w JOIN (SELECT c0 FROM w GROUP BY c0 HAVING count(*) > 1) d ON d.c0 = w.c0
  UNION SELECT w.r, 1 FROM w JOIN h ON h.c0 = w.c0 LEFT JOIN w o ON h.k0 = o.k0 WHERE o.r IS NULL)
INSERT INTO temp."cutover_refused_1_92198c23a4ee1551" SELECT s."_row", s."id", s."name", s."email", s."imported", 'unique_conflict', 'email is held by another row', NULL
FROM temp."cutover_staging_1_6bef620e4cb99dca" s WHERE s."_row" IN (SELECT r FROM x);

-- clients: park
UPDATE "main"."clients" AS t SET "email" = NULL WHERE (t.rowid) IN (SELECT DISTINCT c.t FROM temp."cutover_changes_1_4bdad02eb4cb59d6" c JOIN "main"."clients" t ON t.rowid = c.t JOIN temp."cutover_staging_1_6bef620e4cb99dca" s ON t."email" = s."email" JOIN temp."cutover_changes_1_4bdad02eb4cb59d6" w ON w.s = s."_row" AND w.op IN ('i', 'u') WHERE c.op IN ('u', 'd') AND (c.s IS NULL OR c.s <> w.s));

-- clients: late insert
INSERT INTO "main"."clients" ("id", "name", "email", "imported")
SELECT s."id", NULL, s."email", s."imported" FROM temp."cutover_changes_1_4bdad02eb4cb59d6" c JOIN temp."cutover_staging_1_6bef620e4cb99dca" s ON s."_row" = c.s WHERE c.op = 'i' ORDER BY s."id";

-- clients: late references
UPDATE "main"."clients" AS t SET "name" = s."name"
FROM temp."cutover_changes_1_4bdad02eb4cb59d6" c JOIN temp."cutover_staging_1_6bef620e4cb99dca" s ON s."_row" = c.s WHERE c.op = 'i' AND (s."name" IS NOT NULL) AND t."id" = s."id";

-- clients: unlink
UPDATE "main"."clients" AS t SET "name" = NULL WHERE (t.rowid) IN (SELECT DISTINCT c.t FROM temp."cutover_changes_1_4bdad02eb4cb59d6" c JOIN "main"."clients" t ON t.rowid = c.t WHERE c.op = 'd' AND (t."name" IS NOT NULL));

-- clients: retain referred
UPDATE temp."cutover_changes_1_4bdad02eb4cb59d6" SET op = 'r' WHERE op = 'd' AND (t) IN
  (SELECT d."t" FROM temp."cutover_changes_1_4bdad02eb4cb59d6" d JOIN "main"."clients" p ON p.rowid = d.t JOIN "main"."odd ""jobs""" t ON p."id" = t."client_id" LEFT JOIN (SELECT t FROM temp."cutover_changes_0_4bdad02eb4cb59d6" WHERE op IN ('d')) x0 ON t.rowid = x0.t WHERE d.op = 'd' AND x0."t" IS NULL);

-- clients: rewritten
SELECT count(*) FILTER (WHERE s."name" COLLATE BINARY IS NOT t."name"), count(*) FILTER (WHERE s."email" COLLATE BINARY IS NOT t."email"), count(*) FILTER (WHERE s."imported" COLLATE BINARY IS NOT t."imported")
FROM temp."cutover_changes_1_4bdad02eb4cb59d6" c JOIN temp."cutover_staging_1_6bef620e4cb99dca" s ON s."_row" = c.s JOIN "main"."clients" t ON t."id" = s."id" WHERE c.op IN ('i', 'u');

-- clients: defer
PRAGMA defer_foreign_keys = on;

-- clients: insert
INSERT INTO "main"."clients" ("id", "name", "email", "imported")
SELECT s."id", s."name", s."email", s."imported" FROM temp."cutover_changes_1_4bdad02eb4cb59d6" c JOIN temp."cutover_staging_1_6bef620e4cb99dca" s ON s."_row" = c.s WHERE c.op = 'i' ORDER BY s."id";

-- clients: insert in pages
INSERT INTO "main"."clients" ("id", "name", "email", "imported")
SELECT s."id", s."name", s."email", s."imported" FROM temp."cutover_changes_1_4bdad02eb4cb59d6" c JOIN temp."cutover_staging_1_6bef620e4cb99dca" s ON s."_row" = c.s WHERE c.op = 'i' AND c.s > $1 AND c.s <= $2 ORDER BY s."id";

-- clients: last inserted
SELECT max(s) FROM temp."cutover_changes_1_4bdad02eb4cb59d6" WHERE op = 'i';

-- clients: update
UPDATE "main"."clients" AS t SET "name" = s."name", "email" = s."email", "imported" = s."imported"
FROM temp."cutover_changes_1_4bdad02eb4cb59d6" c JOIN temp."cutover_staging_1_6bef620e4cb99dca" s ON s."_row" = c.s WHERE c.op = 'u' AND t.rowid = c.t;

-- clients: delete
DELETE FROM "main"."clients" AS t WHERE (t.rowid) IN (SELECT t FROM temp."cutover_changes_1_4bdad02eb4cb59d6" WHERE op = 'd');

-- clients: examples of refused rows
SELECT row_key, detail FROM (SELECT CASE place WHEN 1 THEN row_key ELSE row_key || '#' || place END AS row_key, ordinal, detail
  FROM (SELECT x.*, row_number() OVER (PARTITION BY row_key ORDER BY ordinal) AS place
  FROM (SELECT substr(CASE WHEN r."id" IS NOT NULL THEN '[' || json_quote(CAST(r."id" AS TEXT)) || ']' ELSE '[' || json_quote(CAST(r."id" AS TEXT)) || ',' || json_quote(CAST(r."name" AS TEXT)) || ',' || json_quote(CAST(r."email" AS TEXT)) || ',' || json_quote(CASE r."imported" WHEN 1 THEN 'true' WHEN 0 THEN 'false' END) || ']' END, 1, 500) AS row_key, r."_row" AS ordinal, r."_detail" AS detail FROM temp."cutover_refused_1_92198c23a4ee1551" r) x) y) n ORDER BY ordinal LIMIT 5;

-- clients: forget in quarantine
DELETE FROM main."cutover_quarantine" WHERE phase = $1 AND table_name = $2 AND row_key NOT IN (SELECT row_key FROM (SELECT CASE place WHEN 1 THEN row_key ELSE row_key || '#' || place END AS row_key, ordinal
  FROM (SELECT x.*, row_number() OVER (PARTITION BY row_key ORDER BY ordinal) AS place
  FROM (SELECT substr(CASE WHEN r."id" IS NOT NULL THEN '[' || json_quote(CAST(r."id" AS TEXT)) || ']' ELSE '[' || json_quote(CAST(r."id" AS TEXT)) || ',' || json_quote(CAST(r."name" AS TEXT)) || ',' || json_quote(CAST(r."email" AS TEXT)) || ',' || json_quote(CASE r."imported" WHEN 1 THEN 'true' WHEN 0 THEN 'false' END) || ']' END, 1, 500) AS row_key, r."_row" AS ordinal FROM temp."cutover_refused_1_92198c23a4ee1551" r) x) y) n);

-- clients: verify source
SELECT s."email", s."id", s."imported", s."name" FROM temp."cutover_staging_1_6bef620e4cb99dca" s LEFT JOIN (SELECT s FROM temp."cutover_changes_1_4bdad02eb4cb59d6" WHERE op = 'p') x ON x.s = s."_row" WHERE x.s IS NULL;

-- clients: verify target
SELECT t."email", t."id", t."imported", t."name" FROM "main"."clients" t LEFT JOIN (SELECT t FROM temp."cutover_changes_1_4bdad02eb4cb59d6" WHERE op IN ('p', 'r')) x ON t.rowid = x.t WHERE x."t" IS NULL AND coalesce(t."imported" = 1, FALSE);

-- clients: verify different
SELECT CAST(s."id" AS TEXT), CASE WHEN s."name" COLLATE BINARY IS NOT t."name" THEN '{"source": ' || json_quote(s."name") || ', "target": ' || json_quote(t."name") || '}' END, CASE WHEN s."email" COLLATE BINARY IS NOT t."email" THEN '{"source": ' || json_quote(s."email") || ', "target": ' || json_quote(t."email") || '}' END, CASE WHEN s."imported" COLLATE BINARY IS NOT t."imported" THEN '{"source": ' || CASE s."imported" WHEN 1 THEN 'true' WHEN 0 THEN 'false' ELSE 'null' END || ', "target": ' || CASE t."imported" WHEN 1 THEN 'true' WHEN 0 THEN 'false' ELSE 'null' END || '}' END FROM temp."cutover_changes_1_4bdad02eb4cb59d6" c JOIN temp."cutover_staging_1_6bef620e4cb99dca" s ON s."_row" = c.s JOIN "main"."clients" t ON t.rowid = c.t WHERE c.op = 'u' ORDER BY s."id" LIMIT 5;

-- clients: keep in quarantine
INSERT INTO main."cutover_quarantine" AS q (phase, table_name, row_key, reason, detail, row_data, first_run, last_run)
SELECT $1, $2, n.row_key, n.reason, n.detail, n.row_data, $3, $3
FROM (SELECT CASE place WHEN 1 THEN row_key ELSE row_key || '#' || place END AS row_key, ordinal, reason, detail, row_data
  FROM (SELECT x.*, row_number() OVER (PARTITION BY row_key ORDER BY ordinal) AS place
  FROM (SELECT substr(CASE WHEN r."id" IS NOT NULL THEN '[' || json_quote(CAST(r."id" AS TEXT)) || ']' ELSE '[' || json_quote(CAST(r."id" AS TEXT)) || ',' || json_quote(CAST(r."name" AS TEXT)) || ',' || json_quote(CAST(r."email" AS TEXT)) || ',' || json_quote(CASE r."imported" WHEN 1 THEN 'true' WHEN 0 THEN 'false' END) || ']' END, 1, 500) AS row_key, r."_row" AS ordinal, r."_reason" AS reason, r."_detail" AS detail, json_patch('{"id":' || json_quote(r."id") || ',"name":' || json_quote(r."name") || ',"email":' || json_quote(r."email") || ',"imported":' || CASE r."imported" WHEN 1 THEN 'true' WHEN 0 THEN 'false' ELSE 'null' END || '}', coalesce(r."_data", '{}')) AS row_data FROM temp."cutover_refused_1_92198c23a4ee1551" r) x) y) n
LEFT JOIN main."cutover_quarantine" o ON o.phase = $1 AND o.table_name = $2 AND o.row_key = n.row_key
WHERE o.row_key IS NULL OR o.reason IS NOT n.reason OR (o.detail IS NOT n.detail AND n.ordinal > $4) OR o.row_data IS NOT n.row_data
ON CONFLICT (phase, table_name, row_key) DO UPDATE
SET reason = excluded.reason, detail = excluded.detail, row_data = excluded.row_data, last_run = excluded.last_run;

-- odd "jobs": make
CREATE TABLE IF NOT EXISTS temp."cutover_staging_0_7ce69d09027ea19e" ("_row_" INTEGER PRIMARY KEY, "client_id" BIGINT, "number" TEXT, "_row" INT4, "note" JSON);

-- odd "jobs": make
DELETE FROM temp."cutover_staging_0_7ce69d09027ea19e";

-- odd "jobs": make
CREATE TABLE IF NOT EXISTS temp."cutover_refused_0_5d2b6b312038f2f5" ("_row_" INTEGER PRIMARY KEY, "client_id" BIGINT, "number" TEXT, "_row" INT4, "note" JSON, "_reason" text, "_detail" text, "_data" text);

-- odd "jobs": make
DELETE FROM temp."cutover_refused_0_5d2b6b312038f2f5";

-- odd "jobs": make
CREATE TABLE IF NOT EXISTS temp."cutover_changes_0_4bdad02eb4cb59d6" (op TEXT, s INTEGER, t INTEGER);

-- odd "jobs": make
DELETE FROM temp."cutover_changes_0_4bdad02eb4cb59d6";

-- odd "jobs": duplicate keys
SELECT CAST("client_id" AS TEXT), CAST("number" AS TEXT), count(*) FROM (SELECT s."client_id", s."number" FROM temp."cutover_staging_0_7ce69d09027ea19e" s) v GROUP BY "client_id", "number" HAVING count(*) > 1 ORDER BY "client_id", "number" LIMIT 5;

-- odd "jobs": refuse duplicates
INSERT INTO temp."cutover_refused_0_5d2b6b312038f2f5" SELECT s."_row_", s."client_id", s."number", s."_row", s."note", 'duplicate_key', CAST(d."_count" AS TEXT) || ' rows have this key', NULL
FROM temp."cutover_staging_0_7ce69d09027ea19e" s JOIN
  (SELECT v."client_id", v."number", count(*) AS "_count" FROM (SELECT s."client_id", s."number" FROM temp."cutover_staging_0_7ce69d09027ea19e" s UNION ALL SELECT r."client_id", r."number" FROM temp."cutover_refused_0_5d2b6b312038f2f5" r WHERE r."client_id" IS NOT NULL AND r."number" IS NOT NULL) v GROUP BY v."client_id", v."number" HAVING count(*) > 1) d ON d."client_id" = s."client_id" AND d."number" = s."number";

-- odd "jobs": keep the last
DELETE FROM temp."cutover_refused_0_5d2b6b312038f2f5" WHERE "_row_" IN
  (SELECT "_row_" FROM (SELECT v."_row_", row_number() OVER (PARTITION BY v."client_id", v."number" ORDER BY v."number" COLLATE BINARY DESC NULLS LAST, v."_row_" DESC) AS "_place"
  FROM (SELECT s."client_id", s."number", s."_row_" FROM temp."cutover_staging_0_7ce69d09027ea19e" s UNION ALL SELECT r."client_id", r."number", r."_row_" FROM temp."cutover_refused_0_5d2b6b312038f2f5" r WHERE r."client_id" IS NOT NULL AND r."number" IS NOT NULL) v) l WHERE "_place" > 1);

-- odd "jobs": keep the last
DELETE FROM temp."cutover_staging_0_7ce69d09027ea19e" WHERE "_row_" IN
  (SELECT "_row_" FROM (SELECT v."_row_", row_number() OVER (PARTITION BY v."client_id", v."number" ORDER BY v."number" COLLATE BINARY DESC NULLS LAST, v."_row_" DESC) AS "_place"
  FROM (SELECT s."client_id", s."number", s."_row_" FROM temp."cutover_staging_0_7ce69d09027ea19e" s UNION ALL SELECT r."client_id", r."number", r."_row_" FROM temp."cutover_refused_0_5d2b6b312038f2f5" r WHERE r."client_id" IS NOT NULL AND r."number" IS NOT NULL) v) l WHERE "_place" > 1);

-- odd "jobs": find NULL
SELECT count(*) OVER (), s."_row_" FROM temp."cutover_staging_0_7ce69d09027ea19e" s WHERE s."client_id" IS NULL OR s."number" IS NULL ORDER BY s."_row_" LIMIT 5;

-- odd "jobs": refuse NULL
INSERT INTO temp."cutover_refused_0_5d2b6b312038f2f5" SELECT s."_row_", s."client_id", s."number", s."_row", s."note", 'null_key', substr(CASE WHEN s."client_id" IS NULL THEN '; client_id: NULL is not allowed' ELSE '' END || CASE WHEN s."number" IS NULL THEN '; number: NULL is not allowed' ELSE '' END, 3), NULL
FROM temp."cutover_staging_0_7ce69d09027ea19e" s WHERE s."client_id" IS NULL OR s."number" IS NULL;

-- odd "jobs": refuse
WITH k0 (c0) AS (SELECT s."id" FROM temp."cutover_staging_1_6bef620e4cb99dca" s UNION SELECT t."id" FROM "main"."clients" t WHERE NOT coalesce(t."imported" = 1, FALSE) AND (t."id") IN (SELECT s."client_id" FROM temp."cutover_staging_0_7ce69d09027ea19e" s) UNION SELECT t."id" FROM "main"."clients" t JOIN temp."cutover_refused_1_92198c23a4ee1551" s ON t."id" = s."id" UNION SELECT NULL FROM temp."cutover_staging_0_7ce69d09027ea19e" s WHERE FALSE)
INSERT INTO temp."cutover_refused_0_5d2b6b312038f2f5" SELECT s."_row_", s."client_id", s."number", s."_row", s."note", 'missing_reference', substr(CASE WHEN (s."client_id" IS NOT NULL AND r0.c0 IS NULL) THEN '; client_id is not in clients' ELSE '' END, 3), NULL
FROM temp."cutover_staging_0_7ce69d09027ea19e" s LEFT JOIN k0 r0 ON s."client_id" = r0."c0"
WHERE (s."client_id" IS NOT NULL AND r0.c0 IS NULL);

-- odd "jobs": null
WITH k0 (c0) AS (SELECT s."id" FROM temp."cutover_staging_1_6bef620e4cb99dca" s UNION SELECT t."id" FROM "main"."clients" t WHERE NOT coalesce(t."imported" = 1, FALSE) AND (t."id") IN (SELECT s."client_id" FROM temp."cutover_staging_0_7ce69d09027ea19e" s) UNION SELECT t."id" FROM "main"."clients" t JOIN temp."cutover_refused_1_92198c23a4ee1551" s ON t."id" = s."id" UNION SELECT NULL FROM temp."cutover_staging_0_7ce69d09027ea19e" s WHERE FALSE)
UPDATE temp."cutover_staging_0_7ce69d09027ea19e" SET "client_id" = NULL WHERE "_row_" IN
  (SELECT s."_row_" FROM temp."cutover_staging_0_7ce69d09027ea19e" s LEFT JOIN k0 r0 ON s."client_id" = r0."c0" WHERE (s."client_id" IS NOT NULL AND r0.c0 IS NULL));

-- odd "jobs": find
WITH k0 (c0) AS (SELECT s."id" FROM temp."cutover_staging_1_6bef620e4cb99dca" s UNION SELECT t."id" FROM "main"."clients" t WHERE NOT coalesce(t."imported" = 1, FALSE) AND (t."id") IN (SELECT s."client_id" FROM temp."cutover_staging_0_7ce69d09027ea19e" s) UNION SELECT t."id" FROM "main"."clients" t JOIN temp."cutover_refused_1_92198c23a4ee1551" s ON t."id" = s."id" UNION SELECT NULL FROM temp."cutover_staging_0_7ce69d09027ea19e" s WHERE FALSE)
SELECT CAST(sum(count(*)) OVER () AS bigint), CAST(s."client_id" AS TEXT)
FROM temp."cutover_staging_0_7ce69d09027ea19e" s LEFT JOIN k0 r0 ON s."client_id" = r0."c0"
WHERE (s."client_id" IS NOT NULL AND r0.c0 IS NULL) GROUP BY s."client_id" ORDER BY s."client_id" LIMIT 5;

-- odd "jobs": compare
INSERT INTO temp."cutover_changes_0_4bdad02eb4cb59d6" (op, s, t)
SELECT * FROM (
  SELECT CASE
    WHEN t.rowid IS NULL THEN 'i'
    WHEN s."_row" COLLATE BINARY IS NOT t."_row" THEN 'u'
  END AS op, s."_row_", t.rowid
  FROM temp."cutover_staging_0_7ce69d09027ea19e" s LEFT JOIN "main"."odd ""jobs""" t ON t."client_id" = s."client_id" AND t."number" = s."number"
) x WHERE op IS NOT NULL;

-- odd "jobs": retain
UPDATE temp."cutover_changes_0_4bdad02eb4cb59d6" SET op = 'r' WHERE op = 'd' AND (t) IN
  (SELECT t.rowid FROM "main"."odd ""jobs""" t JOIN temp."cutover_refused_0_5d2b6b312038f2f5" s ON t."client_id" = s."client_id" AND t."number" = s."number");

-- odd "jobs": insert
INSERT INTO "main"."odd ""jobs""" ("client_id", "number", "_row", "note")
SELECT s."client_id", s."number", s."_row", s."note" FROM temp."cutover_changes_0_4bdad02eb4cb59d6" c JOIN temp."cutover_staging_0_7ce69d09027ea19e" s ON s."_row_" = c.s WHERE c.op = 'i' ORDER BY s."client_id", s."number";

-- odd "jobs": insert in pages
INSERT INTO "main"."odd ""jobs""" ("client_id", "number", "_row", "note")
SELECT s."client_id", s."number", s."_row", s."note" FROM temp."cutover_changes_0_4bdad02eb4cb59d6" c JOIN temp."cutover_staging_0_7ce69d09027ea19e" s ON s."_row_" = c.s WHERE c.op = 'i' AND c.s > $1 AND c.s <= $2 ORDER BY s."client_id", s."number";

-- odd "jobs": last inserted
SELECT max(s) FROM temp."cutover_changes_0_4bdad02eb4cb59d6" WHERE op = 'i';

-- odd "jobs": update
UPDATE "main"."odd ""jobs""" AS t SET "_row" = s."_row"
FROM temp."cutover_changes_0_4bdad02eb4cb59d6" c JOIN temp."cutover_staging_0_7ce69d09027ea19e" s ON s."_row_" = c.s WHERE c.op = 'u' AND t.rowid = c.t;

-- odd "jobs": delete
DELETE FROM "main"."odd ""jobs""" AS t WHERE (t.rowid) IN (SELECT t FROM temp."cutover_changes_0_4bdad02eb4cb59d6" WHERE op = 'd');

-- odd "jobs": examples of refused rows
SELECT row_key, detail FROM (SELECT CASE place WHEN 1 THEN row_key ELSE row_key || '#' || place END AS row_key, ordinal, detail
  FROM (SELECT x.*, row_number() OVER (PARTITION BY row_key ORDER BY ordinal) AS place
  FROM (SELECT substr(CASE WHEN r."client_id" IS NOT NULL AND r."number" IS NOT NULL THEN '[' || json_quote(CAST(r."client_id" AS TEXT)) || ',' || json_quote(CAST(r."number" AS TEXT)) || ']' ELSE '[' || json_quote(CAST(r."client_id" AS TEXT)) || ',' || json_quote(CAST(r."number" AS TEXT)) || ',' || json_quote(CAST(r."_row" AS TEXT)) || ',' || json_quote(CAST(r."note" AS TEXT)) || ']' END, 1, 500) AS row_key, r."_row_" AS ordinal, r."_detail" AS detail FROM temp."cutover_refused_0_5d2b6b312038f2f5" r) x) y) n ORDER BY ordinal LIMIT 5;

-- odd "jobs": forget in quarantine
DELETE FROM main."cutover_quarantine" WHERE phase = $1 AND table_name = $2 AND row_key NOT IN (SELECT row_key FROM (SELECT CASE place WHEN 1 THEN row_key ELSE row_key || '#' || place END AS row_key, ordinal
  FROM (SELECT x.*, row_number() OVER (PARTITION BY row_key ORDER BY ordinal) AS place
  FROM (SELECT substr(CASE WHEN r."client_id" IS NOT NULL AND r."number" IS NOT NULL THEN '[' || json_quote(CAST(r."client_id" AS TEXT)) || ',' || json_quote(CAST(r."number" AS TEXT)) || ']' ELSE '[' || json_quote(CAST(r."client_id" AS TEXT)) || ',' || json_quote(CAST(r."number" AS TEXT)) || ',' || json_quote(CAST(r."_row" AS TEXT)) || ',' || json_quote(CAST(r."note" AS TEXT)) || ']' END, 1, 500) AS row_key, r."_row_" AS ordinal FROM temp."cutover_refused_0_5d2b6b312038f2f5" r) x) y) n);

-- odd "jobs": verify source
SELECT s."_row", s."client_id", s."number" FROM temp."cutover_staging_0_7ce69d09027ea19e" s LEFT JOIN (SELECT s FROM temp."cutover_changes_0_4bdad02eb4cb59d6" WHERE op = 'p') x ON x.s = s."_row_" WHERE x.s IS NULL;

-- odd "jobs": verify target
SELECT t."_row", t."client_id", t."number" FROM temp."cutover_staging_0_7ce69d09027ea19e" s JOIN "main"."odd ""jobs""" t ON t."client_id" = s."client_id" AND t."number" = s."number" LEFT JOIN (SELECT s FROM temp."cutover_changes_0_4bdad02eb4cb59d6" WHERE op = 'p') x ON x.s = s."_row_" WHERE x.s IS NULL;

-- odd "jobs": verify different
SELECT CAST(s."client_id" AS TEXT), CAST(s."number" AS TEXT), CASE WHEN s."_row" COLLATE BINARY IS NOT t."_row" THEN '{"source": ' || json_quote(s."_row") || ', "target": ' || json_quote(t."_row") || '}' END FROM temp."cutover_changes_0_4bdad02eb4cb59d6" c JOIN temp."cutover_staging_0_7ce69d09027ea19e" s ON s."_row_" = c.s JOIN "main"."odd ""jobs""" t ON t.rowid = c.t WHERE c.op = 'u' ORDER BY s."client_id", s."number" LIMIT 5;

-- odd "jobs": keep in quarantine
INSERT INTO main."cutover_quarantine" AS q (phase, table_name, row_key, reason, detail, row_data, first_run, last_run)
SELECT $1, $2, n.row_key, n.reason, n.detail, n.row_data, $3, $3
FROM (SELECT CASE place WHEN 1 THEN row_key ELSE row_key || '#' || place END AS row_key, ordinal, reason, detail, row_data
  FROM (SELECT x.*, row_number() OVER (PARTITION BY row_key ORDER BY ordinal) AS place
  FROM (SELECT substr(CASE WHEN r."client_id" IS NOT NULL AND r."number" IS NOT NULL THEN '[' || json_quote(CAST(r."client_id" AS TEXT)) || ',' || json_quote(CAST(r."number" AS TEXT)) || ']' ELSE '[' || json_quote(CAST(r."client_id" AS TEXT)) || ',' || json_quote(CAST(r."number" AS TEXT)) || ',' || json_quote(CAST(r."_row" AS TEXT)) || ',' || json_quote(CAST(r."note" AS TEXT)) || ']' END, 1, 500) AS row_key, r."_row_" AS ordinal, r."_reason" AS reason, r."_detail" AS detail, json_patch('{"client_id":' || json_quote(r."client_id") || ',"number":' || json_quote(r."number") || ',"_row":' || json_quote(r."_row") || ',"note":' || coalesce(json(r."note"), 'null') || '}', coalesce(r."_data", '{}')) AS row_data FROM temp."cutover_refused_0_5d2b6b312038f2f5" r) x) y) n
LEFT JOIN main."cutover_quarantine" o ON o.phase = $1 AND o.table_name = $2 AND o.row_key = n.row_key
WHERE o.row_key IS NULL OR o.reason IS NOT n.reason OR (o.detail IS NOT n.detail AND n.ordinal > $4) OR o.row_data IS NOT n.row_data
ON CONFLICT (phase, table_name, row_key) DO UPDATE
SET reason = excluded.reason, detail = excluded.detail, row_data = excluded.row_data, last_run = excluded.last_run;

