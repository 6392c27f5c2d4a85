.load ./cutover
.mode box --wrap 100

.print
.print "8. The other placement: a managed cloud (managed.sqlite) that may not load an extension. cutover is on the desktop"
.print "   (office.sqlite), to which the cloud's file is attached. No foreign key is enforced across files, so the plan says"
.print "   which table refers to which. A third phase, \"app\", brings back the rows that the app has made."
.print
.print "   ATTACH 'managed.sqlite' AS cloud;"
ATTACH 'managed.sqlite' AS cloud;
.read both_sides.sql
.print "   SELECT load_plan('plan-desktop.json');"
SELECT load_plan('plan-desktop.json') AS load_plan;
.print
.print "   SELECT sync_all();"
.once /dev/null
SELECT sync_all();
SELECT phase, count(*) AS tables, sum(staged) AS staged, sum(inserted) AS inserted, sum(updated) AS updated, sum(unchanged) AS unchanged,
       sum(deleted) AS deleted, sum(quarantined) AS quarantined, sum(elapsed_ms) AS elapsed_ms
FROM cutover_last_report GROUP BY phase ORDER BY sum(staged) DESC;

.print
.print "9. Two days of the same work. One call syncs both directions."
.print
.print "                  to the cloud            to the desktop                rows"
.print "   day     new changed deleted       new changed deleted    desktop    cloud   duplicates"
.parameter set :day 0
.read day.sqlite.sql
.read day.sqlite.sql

.print
.print "10. Both sides, table by table. Here nothing in the cloud records changes: rows of the desktop that the app changed are"
.print "    the app's in the cloud, and stay as they are on the desktop."
SELECT table_name, desktop, of_app, cloud, of_app_too AS of_app, apart, duplicates FROM counts ORDER BY ordinal;
