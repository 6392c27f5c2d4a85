CREATE TABLE profile (id integer PRIMARY KEY, uid text, mail text);
CREATE TABLE job (id integer PRIMARY KEY, owner integer, flag date, code text);
CREATE TABLE other (id integer PRIMARY KEY, one text, two text);
INSERT INTO profile VALUES (1, 'ann', 'a@x'), (2, 'ann', 'a@x'), (3, 'bob', 'b@x'), (4, 'eve', 'e@x'), (5, 'eve', 'e@x');
