CREATE TABLE team (id integer PRIMARY KEY, xmlid text NOT NULL UNIQUE, name text);
CREATE TABLE country (id integer PRIMARY KEY NOT NULL, name text) WITHOUT ROWID;
CREATE TABLE strict (id integer PRIMARY KEY, xmlid text NOT NULL UNIQUE, team_id integer NOT NULL REFERENCES team);
CREATE TABLE mild (id integer PRIMARY KEY, xmlid text NOT NULL UNIQUE, team_id integer REFERENCES team, country_id integer REFERENCES country, boss_id integer);
CREATE TABLE loose (id integer PRIMARY KEY, xmlid text NOT NULL UNIQUE, team_id integer REFERENCES team, other_id integer NOT NULL REFERENCES team);
CREATE TABLE stubby (id integer PRIMARY KEY, xmlid text NOT NULL UNIQUE, team_id integer REFERENCES team);
CREATE TABLE line (id integer PRIMARY KEY, mild_id integer REFERENCES mild, text text, UNIQUE (mild_id, text));
ATTACH ':memory:' AS extra;
CREATE TABLE extra.odd (id integer PRIMARY KEY AUTOINCREMENT, xmlid text NOT NULL UNIQUE, name text);
