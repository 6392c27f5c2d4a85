#!/usr/bin/env bash
# The demo in PostgreSQL, on the server that PGHOST and PGUSER name, in a database of its own,
# nycflights13. Run it with `make demo-postgres`, which starts a private server for it.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
home=$(cd "$here/../../.." && pwd)
: "${CUTOVER_FILES:?run make demo-postgres}"
# The server, which runs as another user, reads and writes here.
work=$CUTOVER_FILES/demo

rm -rf "$work"
mkdir -p "$work/exports"
chmod 777 "$work" "$work/exports"
cp "$home"/tests/data/nycflights13/*.parquet "$work/exports/"
chmod 666 "$work"/exports/*
sed "s|/path/to/exports|$work/exports|" "$here/plan.json" >"$work/plan.json"
chmod 644 "$work/plan.json"

psql -X -q -d postgres -c 'DROP DATABASE IF EXISTS nycflights13' -c 'CREATE DATABASE nycflights13' 2>/dev/null
cd "$here"
# Line by line, so that errors stand where they happen. One step fails on purpose.
PGTZ=UTC stdbuf -oL psql -X -q -d nycflights13 -v work="$work" -f demo.postgres.sql 2>&1 | tee "$work/demo.log"
if [ "$(grep -c 'ERROR:' "$work/demo.log")" != 1 ]; then
    echo "the demo failed: one error was to be expected, of the damaged file" >&2
    exit 1
fi

cat <<END
What to try next
  make install            put the extension into your own PostgreSQL, then in psql:
      CREATE EXTENSION cutover;
      SELECT * FROM cutover.import_parquet('/path/to/your.parquet');
      SELECT * FROM cutover.phase_status;
      SELECT action, statement FROM cutover.explain_phase('operations');
  The plan of this demo is sql/examples/nycflights13/plan.json; make demo shows the same in SQLite.
END
