-- clients: compare
INSERT INTO pg_temp."cutover_changes_0" (op, s, t_rel, t)
WITH l AS (SELECT s, t_rel, t FROM (SELECT s."_row" AS s, t.tableoid AS t_rel, t.ctid AS t, row_number() OVER (PARTITION BY s."_row" ORDER BY t."id", t.tableoid, t.ctid) AS n
  FROM pg_temp."cutover_staging_0" s JOIN "public"."clients" t ON t."email" = s."email" WHERE NOT coalesce(t."imported" = E'true', FALSE)) x WHERE n = 1),
 r AS (SELECT 3 AS side, NULL AS s, t.tableoid AS t_rel, t.ctid AS t, t."id" AS o0, t."name" AS c0, t."email" AS c1, t."imported" AS c2 FROM "public"."clients" t JOIN (SELECT u."name" AS k0, TRUE AS hit FROM (SELECT s."name" FROM pg_temp."cutover_staging_0" s UNION SELECT s."name" FROM pg_temp."cutover_refused_0" s) u) v ON ARRAY[t."name"] = ARRAY[v.k0] WHERE coalesce(t."imported" = E'true', FALSE)
  UNION ALL SELECT 1, s."_row", NULL, NULL, NULL, s."name" AS c0, s."email" AS c1, s."imported" AS c2 FROM pg_temp."cutover_staging_0" s LEFT JOIN l ON l.s = s."_row" WHERE l.s IS NULL
  UNION ALL SELECT 2, s."_row", NULL, NULL, NULL, s."name" AS c0, s."email" AS c1, s."imported" AS c2 FROM pg_temp."cutover_refused_0" s),
 n AS (SELECT r.*, row_number() OVER (PARTITION BY c0 COLLATE "C", c1 COLLATE "C", c2, side = 3 ORDER BY side, s, o0, t_rel, t) AS n FROM r),
 m AS (SELECT n.*, lag(side) OVER w AS taken, lead(side) OVER w AS found FROM n WINDOW w AS (PARTITION BY c0 COLLATE "C", c1 COLLATE "C", c2, n ORDER BY side)),
 p AS (SELECT m.*, row_number() OVER (PARTITION BY c1, side ORDER BY s, o0, t_rel, t) AS p FROM m WHERE side = 1 AND found IS NULL OR side = 3 AND taken IS NULL),
 q AS (SELECT side, s, lag(side) OVER w AS before, lead(side) OVER w AS after, CASE side WHEN 1 THEN lead(t_rel) OVER w ELSE t_rel END AS t_rel, CASE side WHEN 1 THEN lead(t) OVER w ELSE t END AS t
  FROM p WINDOW w AS (PARTITION BY c1, p ORDER BY side))
SELECT CASE side WHEN 3 THEN 'd' ELSE CASE WHEN after IS NULL THEN 'i' ELSE 'u' END END AS op, s, t_rel, t
  FROM q WHERE side = 1 OR before IS NULL
UNION ALL SELECT 'r', s, t_rel, t FROM m WHERE side = 3 AND taken = 2
UNION ALL SELECT 'p', s, t_rel, t FROM l;

-- clients: imported rows
SELECT count(*) FROM "public"."clients" t JOIN (SELECT u."name" AS k0, TRUE AS hit FROM (SELECT s."name" FROM pg_temp."cutover_staging_0" s UNION SELECT s."name" FROM pg_temp."cutover_refused_0" s) u) v ON ARRAY[t."name"] = ARRAY[v.k0] WHERE coalesce(t."imported" = E'true', FALSE);

-- clients: insert
INSERT INTO "public"."clients" ("name", "email", "imported")
SELECT s."name", s."email", s."imported" FROM pg_temp."cutover_changes_0" c JOIN pg_temp."cutover_staging_0" s ON s."_row" = c.s WHERE c.op = 'i' ORDER BY s."_row";

-- clients: update
UPDATE "public"."clients" AS t SET "name" = s."name", "email" = s."email", "imported" = s."imported"
FROM pg_temp."cutover_changes_0" c JOIN pg_temp."cutover_staging_0" s ON s."_row" = c.s WHERE c.op = 'u' AND t.tableoid = c.t_rel AND t.ctid = c.t;

-- odd "jobs": compare
INSERT INTO pg_temp."cutover_changes_1" (op, s, t_rel, t)
SELECT * FROM (
  SELECT CASE
    WHEN t.ctid IS NULL THEN 'i'
    WHEN s."_row" IS DISTINCT FROM t."_row" OR s."note"::pg_catalog.text COLLATE "C" IS DISTINCT FROM t."note"::pg_catalog.text COLLATE "C" AND l0."_row_" IS NULL THEN 'u'
  END AS op, s."_row_", t.tableoid, t.ctid
  FROM pg_temp."cutover_staging_1" s LEFT JOIN "public"."odd ""jobs""" t ON t."client_id" = s."client_id" AND t."number" = s."number"
  LEFT JOIN pg_temp."cutover_staging_2" l0 ON l0."client_id" = s."client_id" AND l0."number" = s."number"
) x WHERE op IS NOT NULL;

-- odd "jobs": find
WITH k0 (c0) AS (SELECT t."id" FROM "public"."clients" t LEFT JOIN (WITH l AS (SELECT s, t_rel, t FROM (SELECT s."_row" AS s, t.tableoid AS t_rel, t.ctid AS t, row_number() OVER (PARTITION BY s."_row" ORDER BY t."id", t.tableoid, t.ctid) AS n
  FROM pg_temp."cutover_staging_0" s JOIN "public"."clients" t ON t."email" = s."email" WHERE NOT coalesce(t."imported" = E'true', FALSE)) x WHERE n = 1),
 r AS (SELECT 3 AS side, NULL AS s, t.tableoid AS t_rel, t.ctid AS t, t."id" AS o0, t."name" AS c0, t."email" AS c1, t."imported" AS c2 FROM "public"."clients" t JOIN (SELECT u."name" AS k0, TRUE AS hit FROM (SELECT s."name" FROM pg_temp."cutover_staging_0" s UNION SELECT s."name" FROM pg_temp."cutover_refused_0" s) u) v ON ARRAY[t."name"] = ARRAY[v.k0] WHERE coalesce(t."imported" = E'true', FALSE)
  UNION ALL SELECT 1, s."_row", NULL, NULL, NULL, s."name" AS c0, s."email" AS c1, s."imported" AS c2 FROM pg_temp."cutover_staging_0" s LEFT JOIN l ON l.s = s."_row" WHERE l.s IS NULL
  UNION ALL SELECT 2, s."_row", NULL, NULL, NULL, s."name" AS c0, s."email" AS c1, s."imported" AS c2 FROM pg_temp."cutover_refused_0" s),
 n AS (SELECT r.*, row_number() OVER (PARTITION BY c0 COLLATE "C", c1 COLLATE "C", c2, side = 3 ORDER BY side, s, o0, t_rel, t) AS n FROM r),
 m AS (SELECT n.*, lag(side) OVER w AS taken, lead(side) OVER w AS found FROM n WINDOW w AS (PARTITION BY c0 COLLATE "C", c1 COLLATE "C", c2, n ORDER BY side)),
 p AS (SELECT m.*, row_number() OVER (PARTITION BY c1, side ORDER BY s, o0, t_rel, t) AS p FROM m WHERE side = 1 AND found IS NULL OR side = 3 AND taken IS NULL),
 q AS (SELECT side, s, lag(side) OVER w AS before, lead(side) OVER w AS after, CASE side WHEN 1 THEN lead(t_rel) OVER w ELSE t_rel END AS t_rel, CASE side WHEN 1 THEN lead(t) OVER w ELSE t END AS t
  FROM p WINDOW w AS (PARTITION BY c1, p ORDER BY side))
SELECT CASE side WHEN 3 THEN 'd' ELSE CASE WHEN after IS NULL THEN 'i' ELSE 'u' END END AS op, s, t_rel, t
  FROM q WHERE side = 1 OR before IS NULL
UNION ALL SELECT 'r', s, t_rel, t FROM m WHERE side = 3 AND taken = 2
UNION ALL SELECT 'p', s, t_rel, t FROM l) x ON t.tableoid = x.t_rel AND t.ctid = x.t AND x.op IN ('d') WHERE x.t IS NULL UNION SELECT t."id" FROM "public"."clients" t JOIN pg_temp."cutover_refused_0" s ON t."email" = s."email")
SELECT CAST(sum(count(*)) OVER () AS bigint), s."client_id"::pg_catalog.text
FROM pg_temp."cutover_staging_1" s LEFT JOIN k0 r0 ON s."client_id" = r0."c0"
WHERE (s."client_id" IS NOT NULL AND r0.c0 IS NULL) GROUP BY s."client_id" ORDER BY s."client_id" LIMIT 5;

-- odd "jobs": insert
INSERT INTO "public"."odd ""jobs""" ("client_id", "number", "_row", "note")
SELECT s."client_id", s."number", s."_row", s."note" FROM pg_temp."cutover_changes_1" c JOIN pg_temp."cutover_staging_1" s ON s."_row_" = c.s WHERE c.op = 'i' ORDER BY s."client_id", s."number";

-- odd "jobs": update
UPDATE "public"."odd ""jobs""" AS t SET "_row" = s."_row", "note" = s."note"
FROM pg_temp."cutover_changes_1" c JOIN pg_temp."cutover_staging_1" s ON s."_row_" = c.s WHERE c.op = 'u' AND t.tableoid = c.t_rel AND t.ctid = c.t;

-- odd "jobs" #2: compare
INSERT INTO pg_temp."cutover_changes_2" (op, s, k0, k1)
SELECT * FROM (
  SELECT CASE
    WHEN t."number" IS NULL AND NOT coalesce(f0.op = 'i', FALSE) THEN 'i'
    WHEN s."note"::pg_catalog.text COLLATE "C" IS DISTINCT FROM CASE WHEN f0.op IN ('i', 'u') THEN e0."note" ELSE t."note" END::pg_catalog.text COLLATE "C" THEN 'u'
  END AS op, s."_row_", s."client_id", s."number"
  FROM pg_temp."cutover_staging_2" s LEFT JOIN "public"."odd ""jobs""" t ON t."client_id" = s."client_id" AND t."number" = s."number"
  LEFT JOIN pg_temp."cutover_staging_1" e0 ON e0."client_id" = s."client_id" AND e0."number" = s."number" LEFT JOIN pg_temp."cutover_changes_1" f0 ON f0.s = e0."_row_"
) x WHERE op IS NOT NULL;

-- odd "jobs" #2: insert
INSERT INTO "public"."odd ""jobs""" ("client_id", "number", "note")
SELECT s."client_id", s."number", s."note" FROM pg_temp."cutover_changes_2" c JOIN pg_temp."cutover_staging_2" s ON s."_row_" = c.s WHERE c.op = 'i' ORDER BY s."client_id", s."number";

-- odd "jobs" #2: update
UPDATE "public"."odd ""jobs""" AS t SET "note" = s."note"
FROM pg_temp."cutover_changes_2" c JOIN pg_temp."cutover_staging_2" s ON s."_row_" = c.s WHERE c.op = 'u' AND t."client_id" = c.k0 AND t."number" = c.k1;

