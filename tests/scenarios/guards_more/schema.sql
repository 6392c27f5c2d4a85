CREATE TABLE box (id integer PRIMARY KEY, name text, imported integer NOT NULL);
CREATE TABLE shelf (id integer PRIMARY KEY, name text);
CREATE TABLE book (id integer PRIMARY KEY, shelf_id integer REFERENCES shelf (id) ON DELETE SET NULL, imported integer NOT NULL);
CREATE TABLE page (id integer PRIMARY KEY, book_id integer NOT NULL REFERENCES book (id) ON DELETE CASCADE);
CREATE TABLE many (id integer PRIMARY KEY, name text);
