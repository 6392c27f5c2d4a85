CREATE TABLE employee (id integer PRIMARY KEY, name text, boss_id integer REFERENCES employee (id));
CREATE TABLE folder (id integer PRIMARY KEY, name text, parent_id integer NOT NULL REFERENCES folder (id));
CREATE TABLE part (id integer PRIMARY KEY, whole_id integer REFERENCES part (id) ON DELETE CASCADE);
CREATE TABLE page (id integer PRIMARY KEY, next_id integer NOT NULL REFERENCES page (id) ON DELETE RESTRICT);
CREATE TABLE reply (id integer PRIMARY KEY, to_id integer REFERENCES reply (id) ON DELETE SET NULL);
