CREATE TABLE desktop_jobs (id integer PRIMARY KEY, title text, changed timestamp);
INSERT INTO desktop_jobs VALUES (1, 'Roof', '2024-01-01 08:00:00'), (2, 'Wall', '2024-01-02 08:00:00');
CREATE TABLE jobs (id integer PRIMARY KEY, title text, changed timestamp);
