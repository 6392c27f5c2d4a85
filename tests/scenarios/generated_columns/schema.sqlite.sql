CREATE TABLE by_default (id integer PRIMARY KEY, code text UNIQUE, label text GENERATED ALWAYS AS ('#' || code) STORED);
CREATE TABLE serial_key (id integer PRIMARY KEY, code text NOT NULL UNIQUE, made_by text DEFAULT 'the database');
CREATE TABLE own_key (id integer PRIMARY KEY, code text NOT NULL UNIQUE, name text);
