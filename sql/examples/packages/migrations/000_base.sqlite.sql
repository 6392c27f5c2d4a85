-- Projects and the people who work on them. A project has an owner, and a user a home: a circle.
CREATE TABLE projects (
    id          INTEGER PRIMARY KEY,
    domaincode  TEXT NOT NULL UNIQUE,
    name        TEXT NOT NULL,
    owner_id    INTEGER REFERENCES users,
    created_at  TIMESTAMPTZ NOT NULL
);

CREATE TABLE users (
    id              INTEGER PRIMARY KEY,
    sysmail         TEXT NOT NULL UNIQUE,
    name            TEXT NOT NULL,
    role            TEXT NOT NULL,
    active          BOOLEAN NOT NULL,
    home_project_id INTEGER REFERENCES projects
);
