-- What a project publishes. Every row has an xmlid, by which it is known in every database.
CREATE TABLE events (
    id          INTEGER PRIMARY KEY,
    xmlid       TEXT NOT NULL UNIQUE,
    project_id  INTEGER NOT NULL REFERENCES projects,
    event_id    INTEGER REFERENCES events,
    name        TEXT NOT NULL,
    starts_on   DATE NOT NULL,
    price       NUMERIC(8,2),
    is_public   BOOLEAN NOT NULL
);

CREATE TABLE posts (
    id          INTEGER PRIMARY KEY,
    xmlid       TEXT NOT NULL UNIQUE,
    project_id  INTEGER NOT NULL REFERENCES projects,
    event_xmlid TEXT REFERENCES events (xmlid),
    user_id     INTEGER REFERENCES users,
    name        TEXT NOT NULL,
    body        TEXT
);

CREATE TABLE participants (
    id          INTEGER PRIMARY KEY,
    xmlid       TEXT NOT NULL UNIQUE,
    event_id    INTEGER NOT NULL REFERENCES events,
    name        TEXT NOT NULL,
    country     TEXT NOT NULL
);

CREATE TABLE instructors (
    id          INTEGER PRIMARY KEY,
    xmlid       TEXT NOT NULL UNIQUE,
    event_id    INTEGER REFERENCES events,
    name        TEXT NOT NULL
);

CREATE TABLE locations (
    id          INTEGER PRIMARY KEY,
    xmlid       TEXT NOT NULL UNIQUE,
    project_id  INTEGER NOT NULL REFERENCES projects,
    event_id    INTEGER REFERENCES events,
    name        TEXT NOT NULL,
    seats       INTEGER
);
