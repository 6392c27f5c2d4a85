-- clients: records
SELECT '{"id":' || coalesce(pg_catalog.to_json(t."id")::pg_catalog.text, 'null') || ',"name":' || coalesce(pg_catalog.to_json(t."name")::pg_catalog.text, 'null') || ',"email":' || coalesce(pg_catalog.to_json(CASE WHEN t."email" COLLATE "C" LIKE '%:%' THEN t."email" ELSE 'berlin:' || t."email" END)::pg_catalog.text, 'null') || ',"imported":' || coalesce(pg_catalog.to_json(t."imported")::pg_catalog.text, 'null') || '}',
  CAST(CASE WHEN (t."email" IS NULL) THEN 0 WHEN substr(t."email", 1, 7) COLLATE "C" = 'berlin:' THEN 1 END AS bigint)
FROM "public"."clients" t
ORDER BY t."id";

-- clients: NoId
SELECT count(*) OVER (), t."id"::pg_catalog.text
FROM "public"."clients" t
WHERE (t."email" IS NULL)
ORDER BY t."id" LIMIT 5;

-- clients: Namespaced
SELECT count(*) OVER (), t."id"::pg_catalog.text
FROM "public"."clients" t
WHERE substr(t."email", 1, 7) COLLATE "C" = 'berlin:'
ORDER BY t."id" LIMIT 5;

-- clients: duplicates
SELECT CAST(sum(count(*)) OVER () AS bigint), t."email"::pg_catalog.text FROM "public"."clients" t
WHERE t."email" IS NOT NULL GROUP BY t."email" HAVING count(*) > 1 ORDER BY t."email" LIMIT 5;

-- odd "jobs": records
SELECT '{"number":' || coalesce(pg_catalog.to_json(t."number")::pg_catalog.text, 'null') || ',"_row":' || coalesce(pg_catalog.to_json(t."_row")::pg_catalog.text, 'null') || ',"note":' || coalesce(pg_catalog.to_json(t."note")::pg_catalog.text, 'null') || ',"_parent_email":' || coalesce(pg_catalog.to_json(CASE WHEN p0."email" COLLATE "C" LIKE '%:%' THEN p0."email" ELSE 'berlin:' || p0."email" END)::pg_catalog.text, 'null') || '}',
  CAST(CASE WHEN (t."client_id" IS NULL) THEN 0 WHEN (NOT (t."client_id" IS NULL) AND (p0."email" IS NULL)) THEN 1 END AS bigint)
FROM "public"."odd ""jobs""" t
LEFT JOIN "public"."clients" p0 ON p0."id" = t."client_id"
ORDER BY t."client_id", t."number" COLLATE "C";

-- odd "jobs": NoParent
SELECT count(*) OVER (), t."client_id"::pg_catalog.text, t."number"::pg_catalog.text
FROM "public"."odd ""jobs""" t
LEFT JOIN "public"."clients" p0 ON p0."id" = t."client_id"
WHERE (t."client_id" IS NULL)
ORDER BY t."client_id", t."number" COLLATE "C" LIMIT 5;

-- odd "jobs": Dangling(0)
SELECT count(*) OVER (), t."client_id"::pg_catalog.text, t."number"::pg_catalog.text
FROM "public"."odd ""jobs""" t
LEFT JOIN "public"."clients" p0 ON p0."id" = t."client_id"
WHERE (NOT (t."client_id" IS NULL) AND (p0."email" IS NULL))
ORDER BY t."client_id", t."number" COLLATE "C" LIMIT 5;

