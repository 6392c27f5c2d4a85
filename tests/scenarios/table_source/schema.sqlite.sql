ATTACH ':memory:' AS legacy;
CREATE TABLE legacy.people (uid integer, full_name text, born date, paid numeric, seen timestamptz, photo blob, extra text);
INSERT INTO legacy.people VALUES
  (1, 'Ann', '1980-01-31', 12.50, '2020-01-01 10:00:00+02', x'00ff', 'x'),
  (2, NULL, NULL, NULL, NULL, NULL, NULL);
CREATE VIEW legacy.adults AS SELECT uid AS id, full_name AS name, born, paid, seen, photo FROM people;
CREATE VIEW legacy.stored AS SELECT id, name FROM adults;
CREATE TABLE stored (id integer PRIMARY KEY, name text);
CREATE TABLE people (id integer PRIMARY KEY, name text, born date, paid numeric(12,2), seen timestamptz, photo blob);
CREATE TABLE mirror (id integer PRIMARY KEY, name text);
CREATE TABLE "odd ""name" (id integer, name text);
INSERT INTO "odd ""name" VALUES (5, 'odd');
