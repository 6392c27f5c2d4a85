CREATE TABLE kind (code text PRIMARY KEY);
INSERT INTO kind VALUES ('open'), ('close');
CREATE TABLE event (id integer PRIMARY KEY, kind text REFERENCES kind (code), note text, source char(1));
INSERT INTO event VALUES (1, 'open', 'made here', 'M'), (9, 'close', 'imported once', 'D');
