CREATE TABLE mixed (id text DEFAULT (lower(hex(randomblob(16)))) PRIMARY KEY, word text UNIQUE, n integer, imported boolean NOT NULL DEFAULT false) WITHOUT ROWID;
INSERT INTO mixed (word, n) VALUES ('taken over', 1), ('goes', 2);
CREATE TABLE daily (id integer PRIMARY KEY AUTOINCREMENT, day date NOT NULL, station text, temp integer);
