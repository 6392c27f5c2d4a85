.load ./cutover
.mode box --wrap 110
PRAGMA foreign_keys = ON;
.print
.print "4. Tuesday on the master (edits.sql): renamed projects, events of another series, a new project with people, a page and events;"
.print "   a page, members and a post are gone."
.read edits.sql
.print
.print "   SELECT export_backup('backups/tuesday.tar.zst');"
SELECT sum(value ->> 'records') AS records FROM json_each(export_backup('backups/tuesday.tar.zst'));
