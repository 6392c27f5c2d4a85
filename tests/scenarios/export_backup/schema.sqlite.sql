CREATE TABLE countries (code text PRIMARY KEY NOT NULL, name text);
CREATE TABLE statuses (id integer PRIMARY KEY, entity text NOT NULL, name text NOT NULL, UNIQUE (entity, name));
CREATE TABLE projects (id integer PRIMARY KEY, xmlid text, country text REFERENCES countries, part_of integer REFERENCES projects);
CREATE TABLE events (id integer PRIMARY KEY, xmlid varchar(40) UNIQUE, project_id integer REFERENCES projects, status_id integer, title text,
    shout text GENERATED ALWAYS AS (upper(title)) STORED);
CREATE TABLE images (id integer PRIMARY KEY, event_id integer REFERENCES events, file text);
CREATE TABLE members (project_id integer NOT NULL REFERENCES projects, name text NOT NULL, sponsor integer, PRIMARY KEY (project_id, name));
CREATE TABLE "odd's" (k text PRIMARY KEY NOT NULL, yes boolean, n bigint, x double, price decimal_text(12,2), doc json, raw blob, day date, seen timestamptz, u uuid);
CREATE TABLE lonely (id integer PRIMARY KEY, name text);
