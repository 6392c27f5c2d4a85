CREATE TABLE man (id integer PRIMARY KEY, house_id integer REFERENCES house (id));
CREATE TABLE house (id integer PRIMARY KEY, man_id integer NOT NULL REFERENCES man (id));
