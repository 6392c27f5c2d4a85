-- change set
CREATE TABLE pg_temp."cutover_changes_0" (op pg_catalog."char", s pg_catalog.int8, k0 bigint, k1 text, n pg_catalog.int8 GENERATED ALWAYS AS IDENTITY);

-- keys
SELECT t."id"::pg_catalog.text, t."email"::pg_catalog.text FROM (SELECT t.* FROM "public"."clients" t WHERE t."id" = ANY (ARRAY(SELECT s."id" FROM pg_temp."cutover_staging_0" s)) AND t."email" = ANY (ARRAY(SELECT s."email" FROM pg_temp."cutover_staging_0" s))) t WHERE t."id" IS NOT NULL AND t."email" IS NOT NULL GROUP BY t."id", t."email" HAVING count(*) > 1 ORDER BY t."id", t."email" LIMIT 5;

-- compare
INSERT INTO pg_temp."cutover_changes_0" (op, s, k0, k1)
SELECT * FROM (
  SELECT CASE
    WHEN t."email" IS NULL THEN 'i'
    WHEN s."name" COLLATE "C" IS DISTINCT FROM t."name" COLLATE "C" OR s."imported" IS DISTINCT FROM t."imported" THEN 'u'
  END AS op, s."_row", t."id", t."email"
  FROM pg_temp."cutover_staging_0" s LEFT JOIN (SELECT t.* FROM "public"."clients" t WHERE t."id" = ANY (ARRAY(SELECT s."id" FROM pg_temp."cutover_staging_0" s)) AND t."email" = ANY (ARRAY(SELECT s."email" FROM pg_temp."cutover_staging_0" s))) t ON t."id" = s."id" AND t."email" = s."email"
) x WHERE op IS NOT NULL;

-- update
UPDATE "public"."clients" AS t SET "name" = s."name", "imported" = s."imported"
FROM pg_temp."cutover_changes_0" c JOIN pg_temp."cutover_staging_0" s ON s."_row" = c.s WHERE c.op = 'u' AND t."id" = c.k0 AND t."email" = c.k1
  AND c.n BETWEEN $1 AND $2 AND t."id" = ANY (ARRAY(SELECT x.k0 FROM pg_temp."cutover_changes_0" x WHERE x.op = 'u' AND x.n BETWEEN $1 AND $2)) AND t."email" = ANY (ARRAY(SELECT x.k1 FROM pg_temp."cutover_changes_0" x WHERE x.op = 'u' AND x.n BETWEEN $1 AND $2));

-- delete
DELETE FROM "public"."clients" AS t USING pg_temp."cutover_changes_0" c WHERE c.op = 'd' AND t."id" = c.k0 AND t."email" = c.k1
  AND c.n BETWEEN $1 AND $2 AND t."id" = ANY (ARRAY(SELECT x.k0 FROM pg_temp."cutover_changes_0" x WHERE x.op = 'd' AND x.n BETWEEN $1 AND $2)) AND t."email" = ANY (ARRAY(SELECT x.k1 FROM pg_temp."cutover_changes_0" x WHERE x.op = 'd' AND x.n BETWEEN $1 AND $2));

