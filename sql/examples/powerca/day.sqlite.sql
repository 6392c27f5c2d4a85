-- The next day: both sides work, both directions are synced, and one line says what went where and what both sides hold
-- now. (On the desktop it runs without the pushes.)
UPDATE temp.sqlite_parameters SET value = value + 1 WHERE key = ':day';
.parameter set :before "(SELECT max(run_id) FROM cutover_run)"
.read edits.sql
.output /dev/null
SELECT sync_all();
SELECT push_changes('masters');
SELECT push_changes('work');
.output
.mode list
.headers off
SELECT format('   %3s %7s %7s %7s   %7s %7s %7s   %8s %8s   %10s', :day, up.new, up.changed, up.gone, down.new, down.changed, down.gone,
              rows.desktop, rows.cloud, rows.duplicates)
FROM (SELECT sum(inserted) AS new, sum(updated) AS changed, sum(deleted) AS gone FROM cutover_run_table JOIN cutover_run USING (run_id)
      WHERE run_id > :before AND kind = 'sync' AND phase <> 'app') AS up,
     (SELECT sum(inserted) AS new, sum(updated) AS changed, sum(deleted) AS gone FROM cutover_run_table JOIN cutover_run USING (run_id)
      WHERE run_id > :before AND (kind = 'push' OR phase = 'app')) AS down,
     (SELECT sum(desktop) AS desktop, sum(cloud) AS cloud, sum(duplicates) AS duplicates FROM counts) AS rows;
.mode box --wrap 100
