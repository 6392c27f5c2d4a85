CREATE TABLE cased_source (id integer, label text, code text, hit text);
CREATE TABLE valued_source (id integer, hit boolean, amount numeric(8,2), "at" timestamp, name text);
CREATE TABLE valued (id integer PRIMARY KEY, hit boolean, amount numeric(8,2), "at" timestamp, name text);
