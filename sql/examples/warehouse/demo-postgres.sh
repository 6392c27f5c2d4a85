#!/usr/bin/env bash
# Nested documents of two repair shops become a warehouse, in PostgreSQL, on the server that PGHOST and PGUSER name, in a database of
# its own: warehouse. Run it with `make demo-warehouse`, which starts a private server for it.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
: "${CUTOVER_FILES:?run make demo-warehouse}"
# The server, which runs as another user, reads the documents here.
work=$CUTOVER_FILES/warehouse

rm -rf "$work"
mkdir -p "$work"
"$here/fetch.sh" "$work"
cp "$here"/*.sql "$work/"
sed "s|/path/to/documents|$work/day-1|" "$here/plan.json" >"$work/plan.json"
chmod -R a+rX "$work"

cd "$work"
psql -X -q -d postgres -c 'DROP DATABASE IF EXISTS warehouse' -c 'DROP ROLE IF EXISTS warehouse_loader' -c 'DROP ROLE IF EXISTS warehouse_plain' \
    -c 'DROP ROLE IF EXISTS analyst' -c 'CREATE DATABASE warehouse' 2>/dev/null
psql -X -q -d warehouse -c 'CREATE EXTENSION cutover'
# Line by line, so that errors stand where they happen. Some steps fail on purpose.
PGTZ=UTC stdbuf -oL psql -X -q -d warehouse -v work="$work" <demo.postgres.sql 2>&1 | tee demo.log
if [ "$(grep -c 'ERROR:' demo.log)" != 6 ]; then
    echo "the demo failed: three errors were to be expected in step 8, one in step 11, two in step 12" >&2
    exit 1
fi

cat <<END

What to try next
  make install            put the extension into your own PostgreSQL, and run this demo there; then in psql -d warehouse:
      SELECT * FROM daily_shop_metrics;
      SELECT * FROM cutover.explain_phase('warehouse');
      SELECT place, document::json -> 'status' ->> 'name' FROM cutover.raw_document LIMIT 5;
END
