-- clients: compare
INSERT INTO temp."cutover_changes_0_4bdad02eb4cb59d6" (op, s, t)
WITH l AS (SELECT s, t FROM (SELECT s."_row" AS s, t.rowid AS t, row_number() OVER (PARTITION BY s."_row" ORDER BY t."id", t.rowid) AS n
  FROM temp."cutover_staging_0_8931cd397c915abe" s JOIN "main"."clients" t ON t."email" = s."email" WHERE NOT coalesce(t."imported" = 1, FALSE)) x WHERE n = 1),
 r AS (SELECT 3 AS side, NULL AS s, t.rowid AS t, t."id" AS o0, t."name" AS c0, t."email" AS c1, t."imported" AS c2 FROM "main"."clients" t JOIN (SELECT u."name" AS k0, TRUE AS hit FROM (SELECT s."name" FROM temp."cutover_staging_0_8931cd397c915abe" s UNION SELECT s."name" FROM temp."cutover_refused_0_84e33d3e87a59cd5" s) u) v ON t."name" IS v.k0 WHERE coalesce(t."imported" = 1, FALSE)
  UNION ALL SELECT 1, s."_row", NULL, NULL, s."name" AS c0, s."email" AS c1, s."imported" AS c2 FROM temp."cutover_staging_0_8931cd397c915abe" s LEFT JOIN l ON l.s = s."_row" WHERE l.s IS NULL
  UNION ALL SELECT 2, s."_row", NULL, NULL, s."name" AS c0, s."email" AS c1, s."imported" AS c2 FROM temp."cutover_refused_0_84e33d3e87a59cd5" s),
 n AS (SELECT r.*, row_number() OVER (PARTITION BY c0 COLLATE BINARY, c1 COLLATE BINARY, c2 COLLATE BINARY, side = 3 ORDER BY side, s, o0, t) AS n FROM r),
 m AS (SELECT n.*, lag(side) OVER w AS taken, lead(side) OVER w AS found FROM n WINDOW w AS (PARTITION BY c0 COLLATE BINARY, c1 COLLATE BINARY, c2 COLLATE BINARY, n ORDER BY side)),
 p AS (SELECT m.*, row_number() OVER (PARTITION BY c1, side ORDER BY s, o0, t) AS p FROM m WHERE side = 1 AND found IS NULL OR side = 3 AND taken IS NULL),
 q AS (SELECT side, s, lag(side) OVER w AS before, lead(side) OVER w AS after, CASE side WHEN 1 THEN lead(t) OVER w ELSE t END AS t
  FROM p WINDOW w AS (PARTITION BY c1, p ORDER BY side))
SELECT CASE side WHEN 3 THEN 'd' ELSE CASE WHEN after IS NULL THEN 'i' ELSE 'u' END END AS op, s, t
  FROM q WHERE side = 1 OR before IS NULL
UNION ALL SELECT 'r', s, t FROM m WHERE side = 3 AND taken = 2
UNION ALL SELECT 'p', s, t FROM l;

-- clients: imported rows
SELECT count(*) FROM "main"."clients" t JOIN (SELECT u."name" AS k0, TRUE AS hit FROM (SELECT s."name" FROM temp."cutover_staging_0_8931cd397c915abe" s UNION SELECT s."name" FROM temp."cutover_refused_0_84e33d3e87a59cd5" s) u) v ON t."name" IS v.k0 WHERE coalesce(t."imported" = 1, FALSE);

-- clients: insert
INSERT INTO "main"."clients" ("name", "email", "imported")
SELECT s."name", s."email", s."imported" FROM temp."cutover_changes_0_4bdad02eb4cb59d6" c JOIN temp."cutover_staging_0_8931cd397c915abe" s ON s."_row" = c.s WHERE c.op = 'i' ORDER BY s."_row";

-- clients: update
UPDATE "main"."clients" AS t SET "name" = s."name", "email" = s."email", "imported" = s."imported"
FROM temp."cutover_changes_0_4bdad02eb4cb59d6" c JOIN temp."cutover_staging_0_8931cd397c915abe" s ON s."_row" = c.s WHERE c.op = 'u' AND t.rowid = c.t;

-- odd "jobs": compare
INSERT INTO temp."cutover_changes_1_4bdad02eb4cb59d6" (op, s, t)
SELECT * FROM (
  SELECT CASE
    WHEN t.rowid IS NULL THEN 'i'
    WHEN s."_row" COLLATE BINARY IS NOT t."_row" OR s."note" COLLATE BINARY IS NOT t."note" AND l0."_row_" IS NULL THEN 'u'
  END AS op, s."_row_", t.rowid
  FROM temp."cutover_staging_1_7ce69d09027ea19e" s LEFT JOIN "main"."odd ""jobs""" t ON t."client_id" = s."client_id" AND t."number" = s."number"
  LEFT JOIN temp."cutover_staging_2_5539786cc190c0ea" l0 ON l0."client_id" = s."client_id" AND l0."number" = s."number"
) x WHERE op IS NOT NULL;

-- odd "jobs": find
WITH k0 (c0) AS (SELECT t."id" FROM "main"."clients" t LEFT JOIN (WITH l AS (SELECT s, t FROM (SELECT s."_row" AS s, t.rowid AS t, row_number() OVER (PARTITION BY s."_row" ORDER BY t."id", t.rowid) AS n
  FROM temp."cutover_staging_0_8931cd397c915abe" s JOIN "main"."clients" t ON t."email" = s."email" WHERE NOT coalesce(t."imported" = 1, FALSE)) x WHERE n = 1),
 r AS (SELECT 3 AS side, NULL AS s, t.rowid AS t, t."id" AS o0, t."name" AS c0, t."email" AS c1, t."imported" AS c2 FROM "main"."clients" t JOIN (SELECT u."name" AS k0, TRUE AS hit FROM (SELECT s."name" FROM temp."cutover_staging_0_8931cd397c915abe" s UNION SELECT s."name" FROM temp."cutover_refused_0_84e33d3e87a59cd5" s) u) v ON t."name" IS v.k0 WHERE coalesce(t."imported" = 1, FALSE)
  UNION ALL SELECT 1, s."_row", NULL, NULL, s."name" AS c0, s."email" AS c1, s."imported" AS c2 FROM temp."cutover_staging_0_8931cd397c915abe" s LEFT JOIN l ON l.s = s."_row" WHERE l.s IS NULL
  UNION ALL SELECT 2, s."_row", NULL, NULL, s."name" AS c0, s."email" AS c1, s."imported" AS c2 FROM temp."cutover_refused_0_84e33d3e87a59cd5" s),
 n AS (SELECT r.*, row_number() OVER (PARTITION BY c0 COLLATE BINARY, c1 COLLATE BINARY, c2 COLLATE BINARY, side = 3 ORDER BY side, s, o0, t) AS n FROM r),
 m AS (SELECT n.*, lag(side) OVER w AS taken, lead(side) OVER w AS found FROM n WINDOW w AS (PARTITION BY c0 COLLATE BINARY, c1 COLLATE BINARY, c2 COLLATE BINARY, n ORDER BY side)),
 p AS (SELECT m.*, row_number() OVER (PARTITION BY c1, side ORDER BY s, o0, t) AS p FROM m WHERE side = 1 AND found IS NULL OR side = 3 AND taken IS NULL),
 q AS (SELECT side, s, lag(side) OVER w AS before, lead(side) OVER w AS after, CASE side WHEN 1 THEN lead(t) OVER w ELSE t END AS t
  FROM p WINDOW w AS (PARTITION BY c1, p ORDER BY side))
SELECT CASE side WHEN 3 THEN 'd' ELSE CASE WHEN after IS NULL THEN 'i' ELSE 'u' END END AS op, s, t
  FROM q WHERE side = 1 OR before IS NULL
UNION ALL SELECT 'r', s, t FROM m WHERE side = 3 AND taken = 2
UNION ALL SELECT 'p', s, t FROM l) x ON +t.rowid = x.t AND x.op IN ('d') WHERE x.t IS NULL UNION SELECT t."id" FROM "main"."clients" t JOIN temp."cutover_refused_0_84e33d3e87a59cd5" s ON t."email" = s."email" UNION SELECT NULL FROM temp."cutover_staging_1_7ce69d09027ea19e" s WHERE FALSE)
SELECT CAST(sum(count(*)) OVER () AS bigint), CAST(s."client_id" AS TEXT)
FROM temp."cutover_staging_1_7ce69d09027ea19e" s LEFT JOIN k0 r0 ON s."client_id" = r0."c0"
WHERE (s."client_id" IS NOT NULL AND r0.c0 IS NULL) GROUP BY s."client_id" ORDER BY s."client_id" LIMIT 5;

-- odd "jobs": insert
INSERT INTO "main"."odd ""jobs""" ("client_id", "number", "_row", "note")
SELECT s."client_id", s."number", s."_row", s."note" FROM temp."cutover_changes_1_4bdad02eb4cb59d6" c JOIN temp."cutover_staging_1_7ce69d09027ea19e" s ON s."_row_" = c.s WHERE c.op = 'i' ORDER BY s."client_id", s."number";

-- odd "jobs": update
UPDATE "main"."odd ""jobs""" AS t SET "_row" = s."_row", "note" = s."note"
FROM temp."cutover_changes_1_4bdad02eb4cb59d6" c JOIN temp."cutover_staging_1_7ce69d09027ea19e" s ON s."_row_" = c.s WHERE c.op = 'u' AND t.rowid = c.t;

-- odd "jobs" #2: compare
INSERT INTO temp."cutover_changes_2_b8096810315fad01" (op, s, k0, k1)
SELECT * FROM (
  SELECT CASE
    WHEN t."number" IS NULL AND NOT coalesce(f0.op = 'i', FALSE) THEN 'i'
    WHEN s."note" COLLATE BINARY IS NOT CASE WHEN f0.op IN ('i', 'u') THEN e0."note" ELSE t."note" END THEN 'u'
  END AS op, s."_row_", s."client_id", s."number"
  FROM temp."cutover_staging_2_5539786cc190c0ea" s LEFT JOIN "main"."odd ""jobs""" t ON t."client_id" = s."client_id" AND t."number" = s."number"
  LEFT JOIN temp."cutover_staging_1_7ce69d09027ea19e" e0 ON e0."client_id" = s."client_id" AND e0."number" = s."number" LEFT JOIN temp."cutover_changes_1_4bdad02eb4cb59d6" f0 ON f0.s = e0."_row_"
) x WHERE op IS NOT NULL;

-- odd "jobs" #2: insert
INSERT INTO "main"."odd ""jobs""" ("client_id", "number", "note")
SELECT s."client_id", s."number", s."note" FROM temp."cutover_changes_2_b8096810315fad01" c JOIN temp."cutover_staging_2_5539786cc190c0ea" s ON s."_row_" = c.s WHERE c.op = 'i' ORDER BY s."client_id", s."number";

-- odd "jobs" #2: update
UPDATE "main"."odd ""jobs""" AS t SET "note" = s."note"
FROM temp."cutover_changes_2_b8096810315fad01" c JOIN temp."cutover_staging_2_5539786cc190c0ea" s ON s."_row_" = c.s WHERE c.op = 'u' AND t."client_id" = c.k0 AND t."number" = c.k1;

