#!/usr/bin/env bash
# Turbo takes over from Tybalt, in PostgreSQL, on the server that PGHOST and PGUSER name, in databases of
# their own: tybalt, turbo_test and turbo. Run it with `make demo-turbo`, which starts a private server for it.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
: "${CUTOVER_FILES:?run make demo-turbo}"
# The server, which runs as another user, reads and writes here.
work=$CUTOVER_FILES/turbo

rm -rf "$work"
mkdir -p "$work/exports" "$work/writeback"
chmod 777 "$work" "$work/exports" "$work/writeback"
sed "s|/path/to/exports|$work/exports|" "$here/plan.json" >"$work/plan.json"
sed "s|/path/to/writeback|$work/writeback|" "$here/writeback.json" >"$work/writeback.json"
chmod 644 "$work"/*.json

# What is there before the story begins: the old system, the new one's test database, and its application.
cd "$here"
psql -X -q -d postgres -c 'DROP DATABASE IF EXISTS turbo' -c 'DROP DATABASE IF EXISTS turbo_test' -c 'DROP DATABASE IF EXISTS tybalt' \
    -c 'DROP ROLE IF EXISTS turbo_app' -c 'CREATE ROLE turbo_app' -c 'CREATE DATABASE tybalt' -c 'CREATE DATABASE turbo_test' 2>/dev/null
psql -X -q -d tybalt -f legacy.sql -c 'CREATE EXTENSION cutover'
psql -X -q -d turbo_test -f schema.sql -f test-data.sql
# Line by line, so that errors stand where they happen. Three steps fail on purpose.
PGTZ=UTC stdbuf -oL psql -X -q -d postgres -v work="$work" <demo.postgres.sql 2>&1 | tee "$work/demo.log"
if [ "$(grep -c 'ERROR:' "$work/demo.log")" != 3 ]; then
    echo "the demo failed: three errors were to be expected" >&2
    exit 1
fi

cat <<END
What to try next
  make install            put the extension into your own PostgreSQL, and run this demo there; then in psql -d turbo:
      SELECT * FROM cutover.authority_log;
      UPDATE profiles SET surname = 'Again' WHERE id = 'p9';
      SELECT * FROM cutover.change;
      SELECT cutover.reopen_phase('time');
  The two plans are plan.json and writeback.json in sql/examples/turbo.
END
