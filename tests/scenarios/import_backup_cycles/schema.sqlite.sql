CREATE TABLE head (id integer PRIMARY KEY, xmlid text NOT NULL UNIQUE, tail_id integer NOT NULL REFERENCES tail);
CREATE TABLE tail (id integer PRIMARY KEY, xmlid text NOT NULL UNIQUE, head_id integer NOT NULL REFERENCES head);
CREATE TABLE stiff_a (id integer PRIMARY KEY, xmlid text NOT NULL UNIQUE, b_id integer NOT NULL REFERENCES stiff_b);
CREATE TABLE stiff_b (id integer PRIMARY KEY, xmlid text NOT NULL UNIQUE, a_id integer NOT NULL REFERENCES stiff_a);
CREATE TABLE device (id text PRIMARY KEY NOT NULL, serial text NOT NULL UNIQUE, name text, host_id text REFERENCES device);
CREATE TABLE card (device_id text PRIMARY KEY NOT NULL REFERENCES device, code text NOT NULL UNIQUE);
CREATE TABLE pair (a integer NOT NULL, b text NOT NULL, xmlid text NOT NULL UNIQUE, PRIMARY KEY (a, b)) WITHOUT ROWID;
CREATE TABLE pair_user (id integer PRIMARY KEY, xmlid text NOT NULL UNIQUE, pa integer, pb text, FOREIGN KEY (pa, pb) REFERENCES pair);
CREATE TABLE slot (id integer PRIMARY KEY AUTOINCREMENT, device_id text NOT NULL REFERENCES device, place integer NOT NULL, what text, UNIQUE (device_id, place));
