CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE person (id serial PRIMARY KEY, mail text COLLATE nocase, name text, town integer REFERENCES town (id), seen text, source char(1));
INSERT INTO person (mail, name, source) VALUES ('ann@x', 'made here', 'M'), (NULL, 'made here without', 'M'), ('old@x', 'unmarked', NULL);
