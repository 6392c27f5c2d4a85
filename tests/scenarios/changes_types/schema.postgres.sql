CREATE TABLE "odd things" ("k 1" text COLLATE "C", k2 boolean, k3 timestamptz, k4 uuid, x double precision, price numeric(12,2), doc json, raw bytea,
    day date, twice integer GENERATED ALWAYS AS (2) STORED, PRIMARY KEY ("k 1", k2, k3, k4));
CREATE TABLE copy ("k 1" text, k2 boolean, k3 timestamptz, k4 uuid, x double precision, price numeric(12,2), doc json, raw bytea, day date);
