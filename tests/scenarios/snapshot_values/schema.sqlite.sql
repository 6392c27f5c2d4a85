CREATE TABLE flag (id integer PRIMARY KEY, done boolean, rate numeric(6,2), day date, at timestamptz);
CREATE TABLE person (id integer PRIMARY KEY, status text);
CREATE TABLE visit (id integer PRIMARY KEY, person_id integer REFERENCES person (id));
CREATE TABLE seen (id integer PRIMARY KEY AUTOINCREMENT, what text, n integer, note text DEFAULT 'none');
