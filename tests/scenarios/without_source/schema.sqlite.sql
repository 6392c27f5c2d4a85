CREATE TABLE codes (code varchar(10) PRIMARY KEY, name varchar(20));
CREATE TABLE projects (id integer PRIMARY KEY, xmlid varchar(20) UNIQUE, code varchar(10) REFERENCES codes (code));
CREATE TABLE members (id integer PRIMARY KEY, project_id integer NOT NULL REFERENCES projects (id), name varchar(20));
CREATE TABLE local_notes (id integer PRIMARY KEY, note varchar(20));
CREATE TABLE local_numbers (n integer PRIMARY KEY);
INSERT INTO codes VALUES ('old', 'Old');
INSERT INTO projects VALUES (1, 'p-1', 'old');
INSERT INTO members VALUES (1, 1, 'Ann');
