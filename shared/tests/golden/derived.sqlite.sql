-- make
CREATE TABLE IF NOT EXISTS temp."cutover_groups_2_7f0cb4e5a7e478f3" ("client" BIGINT);

-- groups before writing
INSERT INTO temp."cutover_groups_2_7f0cb4e5a7e478f3"
SELECT DISTINCT t."client_id" FROM temp."cutover_changes_0_4bdad02eb4cb59d6" c JOIN "main"."odd ""jobs""" t ON t.rowid = c.t WHERE c.op IN ('u', 'd');

-- groups after writing
INSERT INTO temp."cutover_groups_2_7f0cb4e5a7e478f3"
SELECT DISTINCT t."client_id" FROM temp."cutover_changes_0_4bdad02eb4cb59d6" c JOIN temp."cutover_staging_0_7ce69d09027ea19e" s ON s."_row_" = c.s JOIN "main"."odd ""jobs""" t ON t."client_id" = s."client_id" AND t."number" = s."number" WHERE c.op IN ('i', 'u');

-- groups of rows referred to
INSERT INTO temp."cutover_groups_2_7f0cb4e5a7e478f3"
SELECT DISTINCT p."id" FROM temp."cutover_changes_0_4bdad02eb4cb59d6" c JOIN temp."cutover_staging_0_7ce69d09027ea19e" s ON s."_row_" = c.s JOIN "main"."odd ""jobs""" t ON t."client_id" = s."client_id" AND t."number" = s."number" LEFT JOIN "main"."clients" p ON p."id" = t."client_id" WHERE c.op IN ('i', 'u');

-- read
SELECT q.* FROM (
SELECT client_id, count(*) AS n FROM "odd ""jobs""" GROUP BY client_id
) q JOIN (SELECT DISTINCT g."client" FROM temp."cutover_groups_2_7f0cb4e5a7e478f3" g) v ON q."client_id" IS v."client";

-- read nothing
SELECT q.* FROM (
SELECT client_id, count(*) AS n FROM "odd ""jobs""" GROUP BY client_id
) q WHERE 1 = 0;

-- compare
INSERT INTO temp."cutover_changes_2_4bdad02eb4cb59d6" (op, s, t)
SELECT * FROM (
  SELECT CASE
    WHEN t.rowid IS NULL THEN 'i'
    WHEN s."n" COLLATE BINARY IS NOT t."n" THEN 'u'
  END AS op, s."_row", t.rowid
  FROM temp."cutover_staging_2_792552204b78c75c" s LEFT JOIN "main"."per_client" t ON t."client" = s."client"
) x WHERE op IS NOT NULL
UNION ALL
SELECT 'd', NULL, t.rowid
  FROM "main"."per_client" t JOIN (SELECT u."client" AS k0, TRUE AS hit FROM (SELECT DISTINCT g."client" FROM temp."cutover_groups_2_7f0cb4e5a7e478f3" g) u) v ON t."client" IS v.k0 LEFT JOIN temp."cutover_staging_2_792552204b78c75c" s ON t."client" = s."client"
  WHERE s."client" IS NULL;

-- what was computed
SELECT c.run_id, EXISTS (SELECT 1 FROM main."cutover_run" r JOIN main."cutover_run_table" t ON t.run_id = r.run_id
    WHERE r.run_id > c.run_id AND r.status = 'ok' AND r.kind NOT IN ('dry_run', 'rehearse', 'push')
      AND t.table_name IN ('odd "jobs"') AND t.inserted + t.updated + t.deleted > 0)
FROM (SELECT (SELECT r.run_id FROM main."cutover_run" r
    WHERE r.phase = $1 AND r.plan_id = $2 AND r.status = 'ok' AND r.kind = 'sync'
      AND EXISTS (SELECT 1 FROM main."cutover_run_table" t WHERE t.run_id = r.run_id AND t.table_name = 'per_client')
      AND NOT EXISTS (SELECT 1 FROM main."cutover_authority_log" l WHERE l.phase = r.phase AND l.authority = 'local' AND l.changed_at >= r.finished_at)
    ORDER BY r.run_id DESC LIMIT 1) AS run_id) c;

