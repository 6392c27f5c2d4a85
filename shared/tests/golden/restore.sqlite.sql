-- leave out what is there
DELETE FROM temp."cutover_staging_0_6bef620e4cb99dca" AS s WHERE EXISTS (SELECT 1 FROM "main"."clients" t WHERE t."email" = s."email");

-- leave out what is not
DELETE FROM temp."cutover_staging_0_6bef620e4cb99dca" AS s WHERE NOT EXISTS (SELECT 1 FROM "main"."clients" t WHERE t."email" = s."email");

-- leave out details
DELETE FROM temp."cutover_staging_1_cebdf64634cc62d9" AS s WHERE s."_x_0" IS NULL OR EXISTS (SELECT 1 FROM "main"."clients" t WHERE t."email" = s."_x_0");

-- adopt
UPDATE temp."cutover_staging_0_6bef620e4cb99dca" AS s SET "id" = t."id"
FROM "main"."clients" t WHERE t."email" = s."email";

-- draw
WITH k (r, f) AS (SELECT s."_row", min(s."_row") OVER (PARTITION BY s."email") FROM temp."cutover_staging_0_6bef620e4cb99dca" s WHERE s."id" IS NULL),
 d (r, n) AS (SELECT r, dense_rank() OVER (ORDER BY f) + (SELECT max(m) FROM (SELECT 0 AS m UNION ALL SELECT max("id") FROM "main"."clients" UNION ALL SELECT seq FROM "main"."sqlite_sequence" WHERE name = 'clients') x) FROM k)
UPDATE temp."cutover_staging_0_6bef620e4cb99dca" AS s SET "id" = d.n FROM d WHERE s."_row" = d.r;

-- compare details
INSERT INTO temp."cutover_changes_1_4bdad02eb4cb59d6" (op, s, t)
SELECT * FROM (
  SELECT CASE
    WHEN t.rowid IS NULL THEN 'i'
    WHEN s."_row" COLLATE BINARY IS NOT t."_row" OR s."note" COLLATE BINARY IS NOT t."note" THEN 'u'
  END AS op, s."_row_", t.rowid
  FROM temp."cutover_staging_1_cebdf64634cc62d9" s LEFT JOIN "main"."odd ""jobs""" t ON t."client_id" = s."client_id" AND t."number" = s."number"
) x WHERE op IS NOT NULL
UNION ALL
SELECT 'd', NULL, t.rowid
  FROM "main"."odd ""jobs""" t JOIN (SELECT u."client_id" AS k0, TRUE AS hit FROM (SELECT s."client_id" FROM temp."cutover_staging_1_cebdf64634cc62d9" s UNION SELECT p."id" FROM temp."cutover_staging_0_6bef620e4cb99dca" p) u) v ON t."client_id" IS v.k0 LEFT JOIN temp."cutover_staging_1_cebdf64634cc62d9" s ON t."client_id" = s."client_id" AND t."number" = s."number"
  WHERE s."client_id" IS NULL;

