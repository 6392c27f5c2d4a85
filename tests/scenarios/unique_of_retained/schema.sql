CREATE TABLE person (id integer PRIMARY KEY, email text UNIQUE);
CREATE TABLE visit (id integer PRIMARY KEY, person_id integer NOT NULL REFERENCES person (id));
CREATE TABLE member (id integer PRIMARY KEY, email text UNIQUE);
CREATE TABLE card (id integer PRIMARY KEY, member_id integer NOT NULL REFERENCES member (id));
