CREATE TABLE log (at timestamp, what text, data json, amount numeric(10,2));
CREATE TABLE own (word text, source char(1));
INSERT INTO own VALUES ('ours', 'M'), ('theirs', 'D');
