CREATE VIEW legacy_jobs AS SELECT * FROM desktop_jobs;
