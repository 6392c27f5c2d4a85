-- The same in both databases, so that one file does.
CREATE INDEX events_by_project ON events (project_id);
CREATE INDEX posts_by_project ON posts (project_id);
CREATE INDEX pages_by_project ON pages (project_id);
CREATE INDEX interactions_by_project ON interactions (project_id);
