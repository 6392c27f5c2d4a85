-- What belongs to a project and is known by it alone.
CREATE TABLE project_members (
    project_id  INTEGER NOT NULL REFERENCES projects,
    user_id     INTEGER NOT NULL REFERENCES users,
    role        TEXT NOT NULL,
    PRIMARY KEY (project_id, user_id)
);

CREATE TABLE pages (
    id          INTEGER PRIMARY KEY,
    project_id  INTEGER NOT NULL REFERENCES projects,
    slug        TEXT NOT NULL,
    title       TEXT NOT NULL,
    lang        TEXT NOT NULL,
    UNIQUE (project_id, slug)
);

CREATE TABLE interactions (
    id          INTEGER PRIMARY KEY,
    project_id  INTEGER NOT NULL REFERENCES projects,
    user_id     INTEGER NOT NULL REFERENCES users,
    kind        TEXT NOT NULL,
    happened_at TIMESTAMPTZ NOT NULL
);
