CREATE TABLE team (id integer PRIMARY KEY, code text, source char(1));
CREATE TABLE squad (id integer PRIMARY KEY, code text, source char(1));
CREATE TABLE player (id integer PRIMARY KEY, team_id integer, squad_id integer);
INSERT INTO team VALUES (3, 'old', 'D');
