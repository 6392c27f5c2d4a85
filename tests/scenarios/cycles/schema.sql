CREATE TABLE fan (id integer PRIMARY KEY, team_id integer);
