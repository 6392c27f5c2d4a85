CREATE TABLE cased (id integer PRIMARY KEY, label text COLLATE NOCASE, code text COLLATE NOCASE NOT NULL, hit text);
CREATE TABLE listed (id integer PRIMARY KEY, tags text, mood text, name text);
CREATE TABLE listed_source (id integer, tags text, mood text, name text);
