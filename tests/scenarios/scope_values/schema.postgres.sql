CREATE COLLATION anycase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE cased (id integer PRIMARY KEY, label text COLLATE anycase, code text COLLATE anycase NOT NULL, hit text);
CREATE TYPE mood AS ENUM ('calm', 'wild');
CREATE TABLE listed (id integer PRIMARY KEY, tags text[], mood mood, name text);
CREATE TABLE listed_source (LIKE listed);
