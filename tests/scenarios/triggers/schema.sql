CREATE TABLE guarded (id integer PRIMARY KEY, name text);
CREATE TABLE silent (id integer PRIMARY KEY, name text);
INSERT INTO silent VALUES (1, 'old'), (9, 'fixed');
CREATE TABLE watched (id integer PRIMARY KEY, name text);
CREATE TABLE history (op text, id integer);
CREATE TABLE stamped (id integer PRIMARY KEY, name text, changes integer);
INSERT INTO stamped VALUES (1, 'one', 0), (2, 'two', 0);
