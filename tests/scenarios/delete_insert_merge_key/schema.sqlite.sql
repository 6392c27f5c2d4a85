CREATE TABLE person (id integer PRIMARY KEY AUTOINCREMENT, mail text COLLATE NOCASE, name text, town integer REFERENCES town (id), seen text, source char(1));
INSERT INTO person (mail, name, source) VALUES ('ann@x', 'made here', 'M'), (NULL, 'made here without', 'M'), ('old@x', 'unmarked', NULL);
