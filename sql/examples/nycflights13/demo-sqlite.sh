#!/usr/bin/env bash
# The demo in SQLite: builds a database under .work/ from the real exports in tests/data.
# Run it with `make demo`, which builds the extension first.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
home=$(cd "$here/../../.." && pwd)
work=$home/.work/demo-sqlite

if [ ! -f "$home/dist/sqlite/cutover.so" ]; then
    echo "dist/sqlite/cutover.so is not there yet; run make demo" >&2
    exit 1
fi
rm -rf "$work"
mkdir -p "$work/exports"
cp "$home"/tests/data/nycflights13/*.parquet "$work/exports/"
sed "s|/path/to/exports|$work/exports|" "$here/plan.json" >"$work/plan.json"
cp "$here/schema.sqlite.sql" "$here/demo.sqlite.sql" "$work/"
ln -s "$home/dist/sqlite/cutover.so" "$work/cutover.so"

cd "$work"
# Line by line, so that errors stand where they happen. One step fails on purpose.
stdbuf -oL sqlite3 -batch -init /dev/null nycflights13.sqlite <demo.sqlite.sql 2>&1 | tee demo.log || true
if [ "$(grep -c '[Ee]rror near line' demo.log)" != 1 ]; then
    echo "the demo failed: one error was to be expected, of the damaged file" >&2
    exit 1
fi

cat <<END

What to try next
  cd $work && sqlite3 nycflights13.sqlite
      .load ./cutover
      .mode box
      SELECT * FROM cutover_phase_status;
      SELECT detail, row_data FROM cutover_quarantine LIMIT 5;
      SELECT value ->> 'action', value ->> 'statement' FROM json_each(explain_phase('operations'));
  Then a file and a table of your own:
      SELECT import_parquet('/path/to/your.parquet');
  The plan of this demo is sql/examples/nycflights13/plan.json; make demo-postgres shows the same in PostgreSQL.
END
