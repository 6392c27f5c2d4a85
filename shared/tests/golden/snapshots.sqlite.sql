-- find
INSERT INTO temp."cutover_snapshots_0_050cb95d5d9a0b71" (s)
SELECT c.s FROM temp."cutover_changes_1_4bdad02eb4cb59d6" c JOIN temp."cutover_staging_1_6bef620e4cb99dca" s ON s."_row" = c.s LEFT JOIN "main"."clients" t ON t.rowid = c.t
WHERE (c.op = 'i' OR c.op = 'u' AND s."name" COLLATE BINARY IS NOT t."name") AND s."name" IN ('A', 'B');

-- take
INSERT INTO "main"."log" ("client", "why")
SELECT t."id", 'it''s new' FROM temp."cutover_snapshots_0_050cb95d5d9a0b71" n JOIN temp."cutover_staging_1_6bef620e4cb99dca" s ON s."_row" = n.s JOIN "main"."clients" t ON t."id" = s."id" ORDER BY n.s;

-- take one by hand
INSERT INTO "main"."log" ("client", "why")
SELECT t."id", 'it''s new' FROM "main"."clients" t WHERE t."id" = json_extract($1, '$[0]');

