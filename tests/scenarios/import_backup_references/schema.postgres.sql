CREATE TABLE team (id serial PRIMARY KEY, xmlid text NOT NULL UNIQUE, name text);
CREATE TABLE country (id integer PRIMARY KEY, name text);
CREATE TABLE strict (id serial PRIMARY KEY, xmlid text NOT NULL UNIQUE, team_id integer NOT NULL REFERENCES team);
CREATE TABLE mild (id serial PRIMARY KEY, xmlid text NOT NULL UNIQUE, team_id integer REFERENCES team, country_id integer REFERENCES country, boss_id integer);
CREATE TABLE loose (id serial PRIMARY KEY, xmlid text NOT NULL UNIQUE, team_id integer REFERENCES team, other_id integer NOT NULL REFERENCES team);
CREATE TABLE stubby (id serial PRIMARY KEY, xmlid text NOT NULL UNIQUE, team_id integer REFERENCES team);
CREATE TABLE line (id serial PRIMARY KEY, mild_id integer REFERENCES mild, text text, UNIQUE (mild_id, text));
CREATE SCHEMA extra;
CREATE TABLE extra.odd (id serial PRIMARY KEY, xmlid text NOT NULL UNIQUE, name text);
