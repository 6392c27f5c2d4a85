-- clients: records
SELECT '{"id":' || json_quote(t."id") || ',"name":' || json_quote(t."name") || ',"email":' || json_quote(CASE WHEN t."email" COLLATE BINARY LIKE '%:%' THEN t."email" ELSE 'berlin:' || t."email" END) || ',"imported":' || CASE t."imported" WHEN 1 THEN 'true' WHEN 0 THEN 'false' ELSE 'null' END || '}',
  CAST(CASE WHEN (t."email" IS NULL) THEN 0 WHEN substr(t."email", 1, 7) COLLATE BINARY = 'berlin:' THEN 1 END AS bigint)
FROM "main"."clients" t
ORDER BY t."id" COLLATE BINARY;

-- clients: NoId
SELECT count(*) OVER (), CAST(t."id" AS TEXT)
FROM "main"."clients" t
WHERE (t."email" IS NULL)
ORDER BY t."id" COLLATE BINARY LIMIT 5;

-- clients: Namespaced
SELECT count(*) OVER (), CAST(t."id" AS TEXT)
FROM "main"."clients" t
WHERE substr(t."email", 1, 7) COLLATE BINARY = 'berlin:'
ORDER BY t."id" COLLATE BINARY LIMIT 5;

-- clients: duplicates
SELECT CAST(sum(count(*)) OVER () AS bigint), CAST(t."email" AS TEXT) FROM "main"."clients" t
WHERE t."email" IS NOT NULL GROUP BY t."email" HAVING count(*) > 1 ORDER BY t."email" LIMIT 5;

-- odd "jobs": records
SELECT '{"number":' || json_quote(t."number") || ',"_row":' || json_quote(t."_row") || ',"note":' || coalesce(json(t."note"), 'null') || ',"_parent_email":' || json_quote(CASE WHEN p0."email" COLLATE BINARY LIKE '%:%' THEN p0."email" ELSE 'berlin:' || p0."email" END) || '}',
  CAST(CASE WHEN (t."client_id" IS NULL) THEN 0 WHEN (NOT (t."client_id" IS NULL) AND (p0."email" IS NULL)) THEN 1 END AS bigint)
FROM "main"."odd ""jobs""" t
LEFT JOIN "main"."clients" p0 ON p0."id" = t."client_id"
ORDER BY t."client_id" COLLATE BINARY, t."number" COLLATE BINARY;

-- odd "jobs": NoParent
SELECT count(*) OVER (), CAST(t."client_id" AS TEXT), CAST(t."number" AS TEXT)
FROM "main"."odd ""jobs""" t
LEFT JOIN "main"."clients" p0 ON p0."id" = t."client_id"
WHERE (t."client_id" IS NULL)
ORDER BY t."client_id" COLLATE BINARY, t."number" COLLATE BINARY LIMIT 5;

-- odd "jobs": Dangling(0)
SELECT count(*) OVER (), CAST(t."client_id" AS TEXT), CAST(t."number" AS TEXT)
FROM "main"."odd ""jobs""" t
LEFT JOIN "main"."clients" p0 ON p0."id" = t."client_id"
WHERE (NOT (t."client_id" IS NULL) AND (p0."email" IS NULL))
ORDER BY t."client_id" COLLATE BINARY, t."number" COLLATE BINARY LIMIT 5;

