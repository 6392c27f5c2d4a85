#!/usr/bin/env bash
# Nested documents of two repair shops become a warehouse, in SQLite: builds it under .work/.
# Run it with `make demo-warehouse`, which builds the extension first.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
home=$(cd "$here/../../.." && pwd)
work=$home/.work/warehouse-sqlite

if [ ! -f "$home/dist/sqlite/cutover.so" ]; then
    echo "dist/sqlite/cutover.so is not there yet; run make demo-warehouse" >&2
    exit 1
fi
rm -rf "$work"
mkdir -p "$work"
"$here/fetch.sh" "$work"
cp "$here"/*.sql "$work/"
sed 's|/path/to/documents|day-1|' "$here/plan.json" >"$work/plan.json"
ln -s "$home/dist/sqlite/cutover.so" "$work/cutover.so"

cd "$work"
# Line by line, so that errors stand where they happen. Three steps fail on purpose.
stdbuf -oL sqlite3 -batch -init /dev/null warehouse.sqlite <demo.sqlite.sql 2>&1 | tee demo.log || true
if [ "$(grep -c '[Ee]rror near line' demo.log)" != 3 ]; then
    echo "the demo failed: three errors were to be expected, in step 8" >&2
    exit 1
fi

cat <<END

What to try next
  cd $work && sqlite3 warehouse.sqlite
      .load ./cutover
      .mode box
      SELECT * FROM daily_shop_metrics;
      SELECT explain_phase('warehouse');
      SELECT place, json_extract(document, '$.status.name') FROM cutover_raw_document LIMIT 5;
END
