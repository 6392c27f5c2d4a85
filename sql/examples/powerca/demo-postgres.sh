#!/usr/bin/env bash
# A desktop and a cloud in PostgreSQL, joined by postgres_fdw and synced in both directions, on the server that
# PGHOST and PGUSER name, in databases of their own: powerca_desktop and powerca_cloud, then powerca_office and
# powerca_managed. Run it with `make demo-powerca`, which starts a private server for it.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
: "${CUTOVER_FILES:?run make demo-powerca}"
# The server, which runs as another user, reads the plans here.
work=$CUTOVER_FILES/powerca

rm -rf "$work"
mkdir -p "$work"
cp "$here"/*.sql "$here"/*.json "$work/"
chmod 755 "$work"
chmod 644 "$work"/*

run() {
    # Line by line, so that errors stand where they happen.
    PGTZ=UTC stdbuf -oL psql -X -q -d "$1" -v work="$work" <"$2" 2>&1 | tee -a demo.log
}

cd "$work"
for name in powerca_desktop powerca_cloud powerca_office powerca_managed; do
    psql -X -q -d postgres -c "DROP DATABASE IF EXISTS $name" -c "CREATE DATABASE $name" 2>/dev/null
done
run powerca_desktop desktop.sql
# Tables of the place that a demo runs in have no prefix there.
sed 's/ cloud\./ /' "$here/edits.sql" >edits.sql
sed 's/ cloud\./ /' "$here/both_sides.sql" >both_sides.sql
run powerca_cloud demo.postgres.sql

run powerca_office desktop.sql
run powerca_managed schema.postgres.sql
sed 's/ desktop\./ /' "$here/edits.sql" >edits.sql
sed 's/ desktop\./ /' "$here/both_sides.sql" >both_sides.sql
sed '/push_changes/d' "$here/day.postgres.sql" >day.postgres.sql
run powerca_office demo-desktop.postgres.sql

if [ "$(grep -c 'ERROR:' demo.log)" != 1 ]; then
    echo "the demo failed: one error was to be expected, of the mistake in step 6" >&2
    exit 1
fi

cat <<END
What to try next
  make install            put the extension into your own PostgreSQL, and run this demo there; then in psql -d powerca_cloud:
      UPDATE reminder SET note = 'Done' WHERE rem_id = 5;
      SELECT * FROM cutover.change;
      SELECT * FROM cutover.push_changes('work');
      SELECT phase, authority, last_success, pending_changes, next_calls FROM cutover.phase_status;
  By pg_cron: sync_job('masters') and sync_job('work') every night, push_changes('masters') and push_changes('work') every hour.
  The plans are sql/examples/powerca/plan.json (cutover in the cloud) and plan-desktop.json (on the desktop).
END
