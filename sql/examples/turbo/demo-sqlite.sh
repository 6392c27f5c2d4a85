#!/usr/bin/env bash
# Turbo takes over from Tybalt, in SQLite: builds both databases under .work/.
# Run it with `make demo-turbo`, which builds the extension first.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
home=$(cd "$here/../../.." && pwd)
work=$home/.work/turbo-sqlite

if [ ! -f "$home/dist/sqlite/cutover.so" ]; then
    echo "dist/sqlite/cutover.so is not there yet; run make demo-turbo" >&2
    exit 1
fi
rm -rf "$work"
mkdir -p "$work/exports" "$work/writeback"
cp "$here"/*.sql "$work/"
sed "s|/path/to/exports|$work/exports|" "$here/plan.json" >"$work/plan.json"
sed "s|/path/to/writeback|$work/writeback|" "$here/writeback.json" >"$work/writeback.json"
ln -s "$home/dist/sqlite/cutover.so" "$work/cutover.so"

cd "$work"
# What is there before the story begins: the old system, and the new one's test database.
sqlite3 -batch -init /dev/null tybalt.sqlite <legacy.sql
cat schema.sql test-data.sql | sqlite3 -batch -init /dev/null turbo_test.sqlite
# Line by line, so that errors stand where they happen. Three steps fail on purpose.
stdbuf -oL sqlite3 -batch -init /dev/null :memory: <demo.sqlite.sql 2>&1 | tee demo.log || true
if [ "$(grep -c '[Ee]rror near line' demo.log)" != 3 ]; then
    echo "the demo failed: three errors were to be expected" >&2
    exit 1
fi

cat <<END

What to try next
  cd $work && sqlite3 turbo.sqlite
      .load ./cutover
      .mode box
      SELECT * FROM cutover_authority_log;
      UPDATE profiles SET surname = 'Again' WHERE id = 'p9';
      SELECT * FROM cutover_change;
      SELECT reopen_phase('time');
  The two plans are plan.json and writeback.json in sql/examples/turbo.
END
