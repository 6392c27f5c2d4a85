-- leave out what is there
DELETE FROM pg_temp."cutover_staging_0" AS s WHERE EXISTS (SELECT 1 FROM "public"."clients" t WHERE t."email" = s."email");

-- leave out what is not
DELETE FROM pg_temp."cutover_staging_0" AS s WHERE NOT EXISTS (SELECT 1 FROM "public"."clients" t WHERE t."email" = s."email");

-- leave out details
DELETE FROM pg_temp."cutover_staging_1" AS s WHERE s."_x_0" IS NULL OR EXISTS (SELECT 1 FROM "public"."clients" t WHERE t."email" = s."_x_0");

-- adopt
UPDATE pg_temp."cutover_staging_0" AS s SET "id" = t."id"
FROM "public"."clients" t WHERE t."email" = s."email";

-- draw
WITH k (r, f) AS (SELECT s."_row", min(s."_row") OVER (PARTITION BY s."email") FROM pg_temp."cutover_staging_0" s WHERE s."id" IS NULL),
 o (f) AS (SELECT DISTINCT f FROM k ORDER BY f),
 p (f, n) AS (SELECT f, pg_catalog.nextval('public.clients_id_seq'::pg_catalog.regclass) FROM o),
 d (r, n) AS (SELECT k.r, p.n FROM k JOIN p ON p.f = k.f)
UPDATE pg_temp."cutover_staging_0" AS s SET "id" = d.n FROM d WHERE s."_row" = d.r;

-- compare details
INSERT INTO pg_temp."cutover_changes_1" (op, s, t_rel, t)
SELECT * FROM (
  SELECT CASE
    WHEN t.ctid IS NULL THEN 'i'
    WHEN s."_row" IS DISTINCT FROM t."_row" OR s."note"::pg_catalog.text COLLATE "C" IS DISTINCT FROM t."note"::pg_catalog.text COLLATE "C" THEN 'u'
  END AS op, s."_row_", t.tableoid, t.ctid
  FROM pg_temp."cutover_staging_1" s LEFT JOIN "public"."odd ""jobs""" t ON t."client_id" = s."client_id" AND t."number" = s."number"
) x WHERE op IS NOT NULL
UNION ALL
SELECT 'd', NULL, t.tableoid, t.ctid
  FROM "public"."odd ""jobs""" t JOIN (SELECT u."client_id" AS k0, TRUE AS hit FROM (SELECT s."client_id" FROM pg_temp."cutover_staging_1" s UNION SELECT p."id" FROM pg_temp."cutover_staging_0" p) u) v ON ARRAY[t."client_id"] = ARRAY[v.k0] LEFT JOIN pg_temp."cutover_staging_1" s ON t."client_id" = s."client_id" AND t."number" = s."number"
  WHERE s."client_id" IS NULL;

