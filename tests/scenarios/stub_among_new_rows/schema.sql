CREATE TABLE country (id integer PRIMARY KEY, name text, capital_id integer);
CREATE TABLE city (id integer PRIMARY KEY, country_id integer NOT NULL REFERENCES country (id));
CREATE TABLE port (id integer PRIMARY KEY, country_id integer NOT NULL REFERENCES country (id));
CREATE TABLE trip (id integer PRIMARY KEY, city_id integer REFERENCES city (id), port_id integer REFERENCES port (id));
