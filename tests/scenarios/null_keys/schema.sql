CREATE TABLE pair (a integer NOT NULL, b text NOT NULL, v text, PRIMARY KEY (a, b));
CREATE TABLE strict_pair (a integer NOT NULL, b text NOT NULL, v text, PRIMARY KEY (a, b));
