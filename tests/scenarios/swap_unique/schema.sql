CREATE TABLE seat (id integer PRIMARY KEY, person text UNIQUE, room integer, place integer, UNIQUE (room, place));
CREATE TABLE guest (id integer PRIMARY KEY, seat_id integer REFERENCES seat (id));
