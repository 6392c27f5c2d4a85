CREATE TABLE "odd things" ("k 1" text NOT NULL, k2 boolean NOT NULL, k3 timestamptz NOT NULL, k4 uuid NOT NULL, x double, price decimal_text(12,2), doc json, raw blob,
    day date, twice integer GENERATED ALWAYS AS (2) STORED, PRIMARY KEY ("k 1", k2, k3, k4));
CREATE TABLE copy ("k 1" text, k2 boolean, k3 timestamptz, k4 uuid, x double, price decimal_text(12,2), doc json, raw blob, day date);
