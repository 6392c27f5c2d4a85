CREATE TABLE account (id integer PRIMARY KEY, branch text, city text);
CREATE TABLE transfer (id integer PRIMARY KEY, payer integer REFERENCES account (id), payee integer REFERENCES account (id), amount integer);
CREATE TABLE received (label text PRIMARY KEY, branch text, amount integer);
