#!/usr/bin/env bash
# A master and its slave: migrations in packages, backups by external id, restores in four modes. The arguments say in what each
# of the two is: sqlite or postgresql. Databases of SQLite are made under .work/, those of PostgreSQL (packages_MASTER_SLAVE_master
# and _slave) on the server that PGHOST and PGUSER name. Run it with `make demo-packages`, which starts a private server for it.
set -euo pipefail
master=$1 slave=$2
name=packages_${master}_$slave
here=$(cd "$(dirname "$0")" && pwd)
home=$(cd "$here/../../.." && pwd)
work=$home/.work/packages-$master-$slave
# A server runs as another user, and reads and writes here.
if [ "$master$slave" != sqlitesqlite ]; then
    work=${CUTOVER_FILES:?run make demo-packages}/packages-$master-$slave
fi

rm -rf "$work"
mkdir -p "$work/backups" "$work/before"
cp -r "$here"/*.sql "$here/plan.json" "$here/migrations" "$work/"
if [ "$master" = sqlite ]; then
    # SQLite takes the made-up data without its casts.
    for file in seed edits; do sed 's/::[a-z]*//g' "$here/$file.sql" >"$work/$file.sql"; done
fi
chmod -R a+rX "$work"
chmod 777 "$work/backups" "$work/before"
cd "$work"

database() { # who in-what
    if [ "$2" = sqlite ]; then
        ln -sf "$home/dist/sqlite/cutover.so" cutover.so
    else
        psql -X -q -d postgres -c "DROP DATABASE IF EXISTS ${name}_$1" -c "CREATE DATABASE ${name}_$1" 2>/dev/null
        psql -X -q -d "${name}_$1" -c 'CREATE EXTENSION cutover'
    fi
}

step() { # number who in-what
    # Line by line, so that errors stand where they happen.
    if [ "$3" = sqlite ]; then
        stdbuf -oL sqlite3 -batch -init /dev/null "$2.sqlite" <"$1-$2.sqlite.sql" 2>&1 | tee -a demo.log || true
    else
        PGTZ=UTC stdbuf -oL psql -X -q -d "${name}_$2" -v work="$work" <"$1-$2.postgres.sql" 2>&1 | tee -a demo.log
    fi
    # Archives are for their owner alone, who is not the server that is to read them.
    chmod a+r backups/* 2>/dev/null || true
}

content() { # who in-what
    if [ "$2" = sqlite ]; then
        sqlite3 -batch -init /dev/null -list "$1.sqlite" <content.sql
    else
        PGTZ=UTC psql -X -q -A -t -d "${name}_$1" -f content.sql
    fi
}

compare() {
    content master "$master" >master.txt
    content slave "$slave" >slave.txt
    if ! diff master.txt slave.txt >differences.txt; then
        echo "the demo failed: master and slave differ" >&2
        head differences.txt >&2
        exit 1
    fi
    printf '\n   Row for row, the slave says what the master says: %s lines, and no difference.\n' "$(wc -l <master.txt)"
}

printf '\nA master in %s, a slave in %s.\n' "$master" "$slave"
database master "$master"
database slave "$slave"
step 1 master "$master"
step 2 slave "$slave"
compare
step 3 master "$master"
step 4 slave "$slave"
compare

if [ "$(grep -cE 'ERROR:|[Ee]rror near line' demo.log)" != 1 ]; then
    echo "the demo failed: one error was to be expected, in step 8" >&2
    exit 1
fi

cat <<END

What to try next
  Look into an archive, and into the migrations and the plan:
      tar --zstd -tvf $work/backups/tuesday.tar.zst
      less sql/examples/packages/plan.json
END
if [ "$slave" = sqlite ]; then
    cat <<END
  cd $work && sqlite3 slave.sqlite
      .load ./cutover
      .mode box
      SELECT import_backup('backups', 'overwrite', '{"dry_run": true}');
      SELECT * FROM cutover_last_report;
      SELECT * FROM cutover_migration;
END
fi
