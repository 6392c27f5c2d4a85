CREATE TABLE people (id integer PRIMARY KEY, mail text, badge text);
CREATE UNIQUE INDEX z_mail ON people (mail);
CREATE UNIQUE INDEX a_badge ON people (badge);
CREATE TABLE guests (id integer PRIMARY KEY, mail text, badge text);
CREATE UNIQUE INDEX g1_badge ON guests (badge);
CREATE UNIQUE INDEX g2_mail ON guests (mail);
