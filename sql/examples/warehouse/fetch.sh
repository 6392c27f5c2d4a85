#!/usr/bin/env bash
# Stands in for what fetches the shops' API: writes the documents of three days, and those of one order alone, as files into a folder.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=$1
for day in 1 2 3; do
    mkdir -p "$folder/day-$day"
    sqlite3 -batch -init /dev/null :memory: <<END
.parameter init
.parameter set :day $day
.read $here/documents.sql
.output $folder/day-$day/6212.ndjson
SELECT text FROM document WHERE shop = 6212 ORDER BY i;
.output $folder/day-$day/7301.ndjson
SELECT text FROM document WHERE shop = 7301 ORDER BY i;
.output $folder/day-$day/employees.json
SELECT json_group_array(json(text)) FROM employee;
END
done
# One order, fetched by itself on day 4: it is complete.
mkdir -p "$folder/one"
cp "$folder/day-3/employees.json" "$folder/one/"
grep '^{"id":100007,' "$folder/day-1/6212.ndjson" |
    sed -e 's/"status":{"name":"[A-Z]*"}/"status":{"name":"COMPLETE"}/' -e 's/"updatedDate":"[^"]*"/"updatedDate":"2026-11-13T08:00:00Z"/' \
        -e 's/"postedDate":null/"postedDate":"2026-11-13T08:00:00Z"/' >"$folder/one/100007.ndjson"
