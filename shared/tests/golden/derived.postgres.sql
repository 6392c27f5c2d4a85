-- make
CREATE TABLE pg_temp."cutover_groups_2" ("client" bigint);

-- groups before writing
INSERT INTO pg_temp."cutover_groups_2"
SELECT DISTINCT t."client_id" FROM pg_temp."cutover_changes_0" c JOIN "public"."odd ""jobs""" t ON t.tableoid = c.t_rel AND t.ctid = c.t WHERE c.op IN ('u', 'd');

-- groups after writing
INSERT INTO pg_temp."cutover_groups_2"
SELECT DISTINCT t."client_id" FROM pg_temp."cutover_changes_0" c JOIN pg_temp."cutover_staging_0" s ON s."_row_" = c.s JOIN "public"."odd ""jobs""" t ON t."client_id" = s."client_id" AND t."number" = s."number" WHERE c.op IN ('i', 'u');

-- groups of rows referred to
INSERT INTO pg_temp."cutover_groups_2"
SELECT DISTINCT p."id" FROM pg_temp."cutover_changes_0" c JOIN pg_temp."cutover_staging_0" s ON s."_row_" = c.s JOIN "public"."odd ""jobs""" t ON t."client_id" = s."client_id" AND t."number" = s."number" LEFT JOIN "public"."clients" p ON p."id" = t."client_id" WHERE c.op IN ('i', 'u');

-- read
SELECT q.* FROM (
SELECT client_id, count(*) AS n FROM "odd ""jobs""" GROUP BY client_id
) q JOIN (SELECT ROW(u."client") AS k FROM (SELECT DISTINCT g."client" FROM pg_temp."cutover_groups_2" g) u) v ON v.k = ROW(q."client_id"::bigint);

-- read nothing
SELECT q.* FROM (
SELECT client_id, count(*) AS n FROM "odd ""jobs""" GROUP BY client_id
) q WHERE 1 = 0;

-- compare
INSERT INTO pg_temp."cutover_changes_2" (op, s, t_rel, t)
SELECT * FROM (
  SELECT CASE
    WHEN t.ctid IS NULL THEN 'i'
    WHEN s."n" IS DISTINCT FROM t."n" THEN 'u'
  END AS op, s."_row", t.tableoid, t.ctid
  FROM pg_temp."cutover_staging_2" s LEFT JOIN "public"."per_client" t ON t."client" = s."client"
) x WHERE op IS NOT NULL
UNION ALL
SELECT 'd', NULL, t.tableoid, t.ctid
  FROM "public"."per_client" t JOIN (SELECT u."client" AS k0, TRUE AS hit FROM (SELECT DISTINCT g."client" FROM pg_temp."cutover_groups_2" g) u) v ON ARRAY[t."client"] = ARRAY[v.k0] LEFT JOIN pg_temp."cutover_staging_2" s ON t."client" = s."client"
  WHERE s."client" IS NULL;

-- what was computed
SELECT c.run_id, EXISTS (SELECT 1 FROM cutover."run" r JOIN cutover."run_table" t ON t.run_id = r.run_id
    WHERE r.run_id > c.run_id AND r.status = 'ok' AND r.kind NOT IN ('dry_run', 'rehearse', 'push')
      AND t.table_name IN ('odd "jobs"') AND t.inserted + t.updated + t.deleted > 0)
FROM (SELECT (SELECT r.run_id FROM cutover."run" r
    WHERE r.phase = $1 AND r.plan_id = $2 AND r.status = 'ok' AND r.kind = 'sync'
      AND EXISTS (SELECT 1 FROM cutover."run_table" t WHERE t.run_id = r.run_id AND t.table_name = 'per_client')
      AND NOT EXISTS (SELECT 1 FROM cutover."authority_log" l WHERE l.phase = r.phase AND l.authority = 'local' AND l.changed_at >= r.finished_at)
    ORDER BY r.run_id DESC LIMIT 1) AS run_id) c;

