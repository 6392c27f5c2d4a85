-- The next day: both sides work, both directions are synced, and one line says what went where and what both sides hold
-- now. (On the desktop it runs without the pushes.)
SELECT :day + 1 AS day, (SELECT max(run_id) FROM cutover.run) AS before \gset
\ir edits.sql
SELECT FROM cutover.sync_all() \g /dev/null
SELECT FROM cutover.push_changes('masters') \g /dev/null
SELECT FROM cutover.push_changes('work') \g /dev/null
\pset tuples_only on
\pset format unaligned
SELECT format('   %3s %7s %7s %7s   %7s %7s %7s   %8s %8s   %10s', :day, up.new, up.changed, up.gone, down.new, down.changed, down.gone,
              rows.desktop, rows.cloud, rows.duplicates)
FROM (SELECT sum(inserted) AS new, sum(updated) AS changed, sum(deleted) AS gone FROM cutover.run_table JOIN cutover.run USING (run_id)
      WHERE run_id > :before AND kind = 'sync' AND phase <> 'app') AS up,
     (SELECT sum(inserted) AS new, sum(updated) AS changed, sum(deleted) AS gone FROM cutover.run_table JOIN cutover.run USING (run_id)
      WHERE run_id > :before AND (kind = 'push' OR phase = 'app')) AS down,
     (SELECT sum(desktop) AS desktop, sum(cloud) AS cloud, sum(duplicates) AS duplicates FROM counts) AS rows;
\pset format aligned
\pset tuples_only off
