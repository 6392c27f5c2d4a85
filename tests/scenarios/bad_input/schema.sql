CREATE TABLE t (id integer PRIMARY KEY, small smallint, name varchar(5), amount numeric(6,2), day date, seen timestamp);
CREATE TABLE parent_free (a text NOT NULL, b text NOT NULL, v text, PRIMARY KEY (a, b));
INSERT INTO t (id, name) VALUES (1, 'here'), (2, 'too');
