-- A status is known by its name and the table that it is for: "draft" of an event is not "draft" of a post.
CREATE TABLE status (
    id          INTEGER PRIMARY KEY,
    name        TEXT NOT NULL,
    for_table   TEXT NOT NULL,
    sort        INTEGER NOT NULL,
    UNIQUE (name, for_table)
);

CREATE TABLE tags (
    id          INTEGER PRIMARY KEY,
    name        TEXT NOT NULL UNIQUE
);

ALTER TABLE events ADD COLUMN status_id INTEGER REFERENCES status;
ALTER TABLE posts ADD COLUMN status_id INTEGER REFERENCES status;
ALTER TABLE posts ADD COLUMN tag_id INTEGER REFERENCES tags;
