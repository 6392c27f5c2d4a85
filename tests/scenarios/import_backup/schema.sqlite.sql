CREATE TABLE kind (code text PRIMARY KEY NOT NULL, name text);
CREATE TABLE status (id integer PRIMARY KEY, name text NOT NULL, area text NOT NULL, UNIQUE (area, name));
CREATE TABLE project (id integer PRIMARY KEY, xmlid text NOT NULL UNIQUE, name text, kind text REFERENCES kind,
    parent_id integer REFERENCES project, lead_id integer REFERENCES employee);
CREATE TABLE employee (id integer PRIMARY KEY AUTOINCREMENT, xmlid text NOT NULL UNIQUE, name text,
    project_id integer NOT NULL REFERENCES project);
CREATE TABLE event (id integer PRIMARY KEY, xmlid text NOT NULL UNIQUE, title text, seats integer,
    project_id integer REFERENCES project, status_id bigint REFERENCES status);
CREATE TABLE event_note (id integer PRIMARY KEY, event_id integer NOT NULL REFERENCES event, note text,
    author_id integer REFERENCES employee);
CREATE TABLE event_place (event_id integer NOT NULL REFERENCES event, place text NOT NULL, seats integer,
    PRIMARY KEY (event_id, place));
