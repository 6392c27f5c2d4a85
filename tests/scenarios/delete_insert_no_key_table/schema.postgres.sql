CREATE TABLE mixed (id uuid DEFAULT gen_random_uuid() PRIMARY KEY, word text UNIQUE, n integer, imported boolean NOT NULL DEFAULT false);
INSERT INTO mixed (word, n) VALUES ('taken over', 1), ('goes', 2);
