#!/usr/bin/env bash
# Stands in for what fetches the shops' API: writes the documents of three days, of one order alone, of late ones and of wrong ones
# as files into a folder.
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
# What comes late, with a change of the second up to which all was read, of five hours and of three days before.
mkdir -p "$folder/late"
cp "$folder/day-3/employees.json" "$folder/late/"
for change in 100011/2026-11-13T08:00:00Z 100015/2026-11-13T03:00:00Z 100019/2026-11-10T08:00:00Z; do
    grep "^{\"id\":${change%/*}," "$folder/day-1/6212.ndjson" |
        sed -e 's/"status":{"name":"[A-Z]*"}/"status":{"name":"WORKINPROGRESS"}/' -e "s/\"updatedDate\":\"[^\"]*\"/\"updatedDate\":\"${change#*/}\"/"
done >"$folder/late/6212.ndjson"
# An answer with words that are none of theirs: a role, the state of an order, the type of a fee.
mkdir -p "$folder/wrong"
sed -e 's/"role":4/"role":7/g' -e 's/2026-11-[0-9]*T/2026-11-13T/g' "$folder/day-3/employees.json" >"$folder/wrong/employees.json"
sed -e 's/"status":{"name":"COMPLETE"}/"status":{"name":"DONE"}/' -e 's/"type":"shop_supplies"/"type":"tip"/' "$folder/one/100007.ndjson" >"$folder/wrong/100007.ndjson"
