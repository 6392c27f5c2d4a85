-- find
INSERT INTO pg_temp."cutover_snapshots_0" (s)
SELECT c.s FROM pg_temp."cutover_changes_1" c JOIN pg_temp."cutover_staging_1" s ON s."_row" = c.s LEFT JOIN "public"."clients" t ON t.tableoid = c.t_rel AND t.ctid = c.t
WHERE (c.op = 'i' OR c.op = 'u' AND s."name" COLLATE "C" IS DISTINCT FROM t."name" COLLATE "C") AND s."name" IN (E'A', E'B');

-- take
INSERT INTO "public"."log" ("client", "why")
SELECT t."id", E'it''s new' FROM pg_temp."cutover_snapshots_0" n JOIN pg_temp."cutover_staging_1" s ON s."_row" = n.s JOIN "public"."clients" t ON t."id" = s."id" ORDER BY n.s;

-- take one by hand
INSERT INTO "public"."log" ("client", "why")
SELECT t."id", E'it''s new' FROM "public"."clients" t WHERE t."id" = ($1::pg_catalog.json ->> 0)::bigint;

