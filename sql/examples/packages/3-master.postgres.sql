\echo
\echo '4. Tuesday on the master (edits.sql): renamed projects, events of another series, a new project with people, a page and events;'
\echo '   a page, members and a post are gone.'
\i edits.sql
\echo
\echo '   SELECT * FROM cutover.export_backup(''backups/tuesday.tar.zst'');'
SELECT sum(records) AS records FROM cutover.export_backup(:'work' || '/backups/tuesday.tar.zst');
