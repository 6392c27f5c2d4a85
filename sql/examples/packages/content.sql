-- All that a database says, without a single number of its own: two databases that say the same print the same.
SELECT 'project', p.domaincode, p.name, u.sysmail, p.lang FROM projects p LEFT JOIN users u ON u.id = p.owner_id ORDER BY p.domaincode;
SELECT 'user', u.sysmail, u.name, u.role, CASE WHEN u.active THEN 'yes' ELSE 'no' END, p.domaincode FROM users u LEFT JOIN projects p ON p.id = u.home_project_id ORDER BY u.sysmail;
SELECT 'status', name, for_table, sort FROM status ORDER BY name, for_table;
SELECT 'tag', name FROM tags ORDER BY name;
SELECT 'event', e.xmlid, p.domaincode, s.xmlid, e.name, e.starts_on, CAST(round(e.price * 100) AS integer), CASE WHEN e.is_public THEN 'yes' ELSE 'no' END, e.lang, t.name, t.for_table
FROM events e LEFT JOIN projects p ON p.id = e.project_id LEFT JOIN events s ON s.id = e.event_id LEFT JOIN status t ON t.id = e.status_id ORDER BY e.xmlid;
SELECT 'post', o.xmlid, p.domaincode, e.xmlid, u.sysmail, o.name, o.body, t.name, t.for_table, g.name
FROM posts o LEFT JOIN projects p ON p.id = o.project_id LEFT JOIN events e ON e.xmlid = o.event_xmlid LEFT JOIN users u ON u.id = o.user_id
LEFT JOIN status t ON t.id = o.status_id LEFT JOIN tags g ON g.id = o.tag_id ORDER BY o.xmlid;
SELECT 'participant', x.xmlid, e.xmlid, x.name, x.country FROM participants x LEFT JOIN events e ON e.id = x.event_id ORDER BY x.xmlid;
SELECT 'instructor', x.xmlid, e.xmlid, x.name FROM instructors x LEFT JOIN events e ON e.id = x.event_id ORDER BY x.xmlid;
SELECT 'location', x.xmlid, p.domaincode, e.xmlid, x.name, x.seats FROM locations x LEFT JOIN projects p ON p.id = x.project_id LEFT JOIN events e ON e.id = x.event_id ORDER BY x.xmlid;
SELECT 'member', p.domaincode, u.sysmail, m.role FROM project_members m LEFT JOIN projects p ON p.id = m.project_id LEFT JOIN users u ON u.id = m.user_id ORDER BY p.domaincode, u.sysmail;
SELECT 'page', p.domaincode, g.slug, g.title, g.lang FROM pages g LEFT JOIN projects p ON p.id = g.project_id ORDER BY p.domaincode, g.slug;
SELECT 'interaction', p.domaincode, u.sysmail, i.kind, count(*) FROM interactions i LEFT JOIN projects p ON p.id = i.project_id LEFT JOIN users u ON u.id = i.user_id GROUP BY p.domaincode, u.sysmail, i.kind ORDER BY p.domaincode, u.sysmail, i.kind;
