CREATE TABLE man (id integer PRIMARY KEY, house_id integer);
CREATE TABLE house (id integer PRIMARY KEY, man_id integer NOT NULL REFERENCES man (id));
ALTER TABLE man ADD FOREIGN KEY (house_id) REFERENCES house (id);
