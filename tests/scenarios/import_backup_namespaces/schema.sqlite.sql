CREATE TABLE club (id integer PRIMARY KEY AUTOINCREMENT, xmlid text NOT NULL UNIQUE, name text, head_id integer REFERENCES club);
CREATE TABLE member (id integer PRIMARY KEY AUTOINCREMENT, club_id integer NOT NULL REFERENCES club, name text);
