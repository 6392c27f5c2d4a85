#!/usr/bin/env bash
# A desktop and a cloud in SQLite, synced in both directions: builds their databases under .work/.
# Run it with `make demo-powerca`, which builds the extension first.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
home=$(cd "$here/../../.." && pwd)
work=$home/.work/powerca-sqlite

if [ ! -f "$home/dist/sqlite/cutover.so" ]; then
    echo "dist/sqlite/cutover.so is not there yet; run make demo-powerca" >&2
    exit 1
fi
rm -rf "$work"
mkdir -p "$work"
cp "$here"/*.sql "$here"/*.json "$work/"
ln -s "$home/dist/sqlite/cutover.so" "$work/cutover.so"

run() {
    # Line by line, so that errors stand where they happen.
    stdbuf -oL sqlite3 -batch -init /dev/null "$1" <"$2" 2>&1 | tee -a demo.log || true
}

cd "$work"
run desktop.sqlite desktop.sql
# Tables of the place that a demo runs in have no prefix there.
sed 's/ cloud\./ /' "$here/edits.sql" >edits.sql
sed 's/ cloud\./ /' "$here/both_sides.sql" >both_sides.sql
run cloud.sqlite demo.sqlite.sql

run office.sqlite desktop.sql
run managed.sqlite schema.sqlite.sql
sed 's/ desktop\./ /' "$here/edits.sql" >edits.sql
sed 's/ desktop\./ /' "$here/both_sides.sql" >both_sides.sql
sed '/push_changes/d' "$here/day.sqlite.sql" >day.sqlite.sql
run office.sqlite demo-desktop.sqlite.sql

if [ "$(grep -c '[Ee]rror near line' demo.log)" != 1 ]; then
    echo "the demo failed: one error was to be expected, of the mistake in step 6" >&2
    exit 1
fi

cat <<END

What to try next
  cd $work && sqlite3 cloud.sqlite
      .load ./cutover
      .mode box
      ATTACH 'desktop.sqlite' AS desktop;
      UPDATE reminder SET note = 'Done' WHERE rem_id = 5;
      SELECT * FROM cutover_change;
      SELECT push_changes('work');
      SELECT phase, authority, last_success, pending_changes, next_calls FROM cutover_phase_status;
  The plans are sql/examples/powerca/plan.json (cutover in the cloud) and plan-desktop.json (on the desktop).
END
