CREATE TABLE "select" ("order" integer PRIMARY KEY, "group by" text, "quo""ted" text, "it's" text, "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn" text, "Case" text);
CREATE TABLE "Weird Table; --" (id integer PRIMARY KEY, "select" integer REFERENCES "select" ("order"));
