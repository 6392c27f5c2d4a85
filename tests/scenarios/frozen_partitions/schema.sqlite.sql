CREATE TABLE sale (id integer, year integer, amount integer, PRIMARY KEY (id, year)) WITHOUT ROWID;
