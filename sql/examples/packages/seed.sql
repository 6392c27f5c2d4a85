-- What the master's people have entered so far: made-up data, the same in both databases (SQLite's is without the casts).
INSERT INTO projects (domaincode, name, created_at) VALUES ('try', 'Trying out', '2025-01-01 10:00:00+00');
INSERT INTO projects (domaincode, name, created_at, lang)
WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 12)
SELECT 'p' || i, 'Project ' || i, ('2025-0' || (1 + i % 9) || '-01 10:00:00+00')::timestamptz, CASE i % 3 WHEN 0 THEN 'en' ELSE 'de' END FROM n;

INSERT INTO users (sysmail, name, role, active, home_project_id)
WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 200)
SELECT 'user' || i || '@example.org', 'User ' || i, CASE WHEN i <= 12 THEN 'owner' WHEN i % 5 = 0 THEN 'editor' ELSE 'user' END,
       i % 10 <> 0, (SELECT id FROM projects WHERE domaincode = 'p' || (1 + i % 12))
FROM n;

UPDATE projects SET owner_id = (SELECT id FROM users WHERE sysmail = 'user' || substr(domaincode, 2) || '@example.org');

-- Every fifth event is a series, the four after it are its parts. Ten trial events went again: numbers have gaps.
INSERT INTO events (xmlid, project_id, name, starts_on, is_public)
WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 10)
SELECT 'trial-' || i, (SELECT id FROM projects WHERE domaincode = 'try'), 'Trial', '2025-01-01'::date, false FROM n;

INSERT INTO events (xmlid, project_id, name, starts_on, price, is_public, lang, status_id)
WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 400)
SELECT 'event-' || i, (SELECT id FROM projects WHERE domaincode = 'p' || (1 + i % 12)),
       CASE i % 5 WHEN 1 THEN 'Series ' || i ELSE 'Workshop ' || i || ' of series ' || (i / 5) END,
       ('2026-' || CASE WHEN i % 12 < 9 THEN '0' ELSE '' END || (1 + i % 12) || '-1' || (i % 10))::date,
       CASE WHEN i % 7 <> 0 THEN i + 0.5 END, i % 4 <> 0, CASE i % 3 WHEN 0 THEN 'en' ELSE 'de' END,
       (SELECT id FROM status WHERE for_table = 'events' AND name = CASE i % 6 WHEN 0 THEN 'draft' WHEN 1 THEN 'new' ELSE 'published' END)
FROM n;

UPDATE events SET event_id = (SELECT s.id FROM events s WHERE s.xmlid = 'event-' || ((substr(events.xmlid, 7)::integer - 1) / 5 * 5 + 1))
WHERE xmlid LIKE 'event-%' AND name NOT LIKE 'Series %';

DELETE FROM events WHERE xmlid LIKE 'trial-%';
DELETE FROM projects WHERE domaincode = 'try';

INSERT INTO posts (xmlid, project_id, event_xmlid, user_id, name, body, status_id, tag_id)
WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 1500)
SELECT 'post-' || i, (SELECT id FROM projects WHERE domaincode = 'p' || (1 + i % 12)),
       CASE WHEN i % 4 <> 0 THEN 'event-' || (1 + i % 400) END,
       (SELECT id FROM users WHERE sysmail = 'user' || (1 + i % 200) || '@example.org'),
       'Post ' || i, CASE WHEN i % 9 <> 0 THEN 'What happened on day ' || i || ': "grün & schön"' END,
       (SELECT id FROM status WHERE for_table = 'posts' AND name = CASE i % 5 WHEN 0 THEN 'draft' ELSE 'published' END),
       (SELECT id FROM tags WHERE name = CASE i % 4 WHEN 0 THEN 'theatre' WHEN 1 THEN 'dance' WHEN 2 THEN 'music' ELSE 'festival' END)
FROM n;

INSERT INTO participants (xmlid, event_id, name, country)
WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 800)
SELECT 'participant-' || i, (SELECT id FROM events WHERE xmlid = 'event-' || (1 + i % 400)), 'Participant ' || i,
       CASE i % 3 WHEN 0 THEN 'DE' WHEN 1 THEN 'AT' ELSE 'CH' END
FROM n;

INSERT INTO instructors (xmlid, event_id, name)
WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 60)
SELECT 'instructor-' || i, (SELECT id FROM events WHERE xmlid = 'event-' || (i * 5 + 1)), 'Instructor ' || i FROM n;

INSERT INTO locations (xmlid, project_id, event_id, name, seats)
WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 80)
SELECT 'location-' || i, (SELECT id FROM projects WHERE domaincode = 'p' || (1 + i % 12)),
       (SELECT id FROM events WHERE xmlid = 'event-' || i), 'Hall ' || i, CASE WHEN i % 6 <> 0 THEN 20 + i END
FROM n;

INSERT INTO project_members (project_id, user_id, role)
SELECT p.id, u.id, CASE WHEN u.id = p.owner_id THEN 'owner' ELSE 'member' END
FROM projects p JOIN users u ON u.home_project_id = p.id OR u.id = p.owner_id;

INSERT INTO pages (project_id, slug, title, lang)
WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 50)
SELECT p.id, CASE i WHEN 1 THEN 'home' ELSE 'page-' || i END, 'Page ' || i || ' of ' || p.name, p.lang FROM projects p CROSS JOIN n;

INSERT INTO interactions (project_id, user_id, kind, happened_at)
WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
SELECT (SELECT id FROM projects WHERE domaincode = 'p' || (1 + i % 12)),
       (SELECT id FROM users WHERE sysmail = 'user' || (1 + i % 200) || '@example.org'),
       CASE i % 3 WHEN 0 THEN 'visit' WHEN 1 THEN 'like' ELSE 'save' END,
       ('2026-10-' || (10 + i % 20) || ' 0' || (i % 10) || ':00:00+00')::timestamptz
FROM n;
