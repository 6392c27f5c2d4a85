-- A day's work on the master: two projects are renamed, events move to other series, a project comes with people and pages,
-- others lose members and pages, a post goes.
UPDATE projects SET name = name || ' (renamed)' WHERE domaincode IN ('p3', 'p4');
UPDATE events SET name = name || ', moved', event_id = (SELECT s.id FROM events s WHERE s.xmlid = 'event-16')
WHERE xmlid IN ('event-2', 'event-3', 'event-4');
UPDATE events SET status_id = (SELECT id FROM status WHERE name = 'trash' AND for_table = 'events'), is_public = false WHERE xmlid = 'event-400';
INSERT INTO tags (name) VALUES ('circus');
INSERT INTO users (sysmail, name, role, active) VALUES ('ada@example.org', 'Ada', 'owner', true), ('ben@example.org', 'Ben', 'user', true);
INSERT INTO projects (domaincode, name, owner_id, created_at) SELECT 'circus', 'Circus', id, '2026-11-01 09:00:00+00'::timestamptz FROM users WHERE sysmail = 'ada@example.org';
UPDATE users SET home_project_id = (SELECT id FROM projects WHERE domaincode = 'circus') WHERE sysmail IN ('ada@example.org', 'ben@example.org');
INSERT INTO project_members (project_id, user_id, role) SELECT p.id, u.id, u.role FROM projects p JOIN users u ON u.home_project_id = p.id WHERE p.domaincode = 'circus';
INSERT INTO pages (project_id, slug, title, lang) SELECT id, 'home', 'Welcome to the circus', 'en' FROM projects WHERE domaincode = 'circus';
INSERT INTO events (xmlid, project_id, name, starts_on, price, is_public, lang) SELECT 'event-401', id, 'Series 401', '2026-12-01'::date, 9.9, true, 'en' FROM projects WHERE domaincode = 'circus';
INSERT INTO events (xmlid, project_id, event_id, name, starts_on, is_public, lang) SELECT 'event-402', project_id, id, 'Workshop 402 of series 401', '2026-12-02'::date, true, 'en' FROM events WHERE xmlid = 'event-401';
INSERT INTO posts (xmlid, project_id, event_xmlid, name, tag_id) SELECT 'post-1501', e.project_id, e.xmlid, 'The circus is in town', t.id FROM events e CROSS JOIN tags t WHERE e.xmlid = 'event-401' AND t.name = 'circus';
UPDATE pages SET title = 'Home of ' || (SELECT p.name FROM projects p WHERE p.id = pages.project_id)
WHERE slug = 'home' AND project_id IN (SELECT id FROM projects WHERE domaincode IN ('p3', 'p4'));
DELETE FROM pages WHERE slug = 'page-50' AND project_id = (SELECT id FROM projects WHERE domaincode = 'p5');
DELETE FROM project_members WHERE project_id = (SELECT id FROM projects WHERE domaincode = 'p6') AND role = 'member';
DELETE FROM posts WHERE xmlid = 'post-1500';
