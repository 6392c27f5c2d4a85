#!/usr/bin/env bash
# Runs a command beside a private PostgreSQL server that has cutover (dist/postgresql) in it:
#
#   tests/with-postgres.sh psql -c 'SELECT 1'
#
# The system's PostgreSQL is neither touched nor asked: the server is a copy of its binaries with
# links to its libraries, in a folder under $TMPDIR that goes when the command ends, and listens on
# a socket there and nowhere else. The command finds it by PGHOST and PGUSER (a superuser, so that
# it may read files) and has CUTOVER_FILES, a folder that it and the server can both read and write.
# The server's own connections (postgres_fdw) find it by PGHOST, too.
# PG_SETTINGS adds settings for the server: '-c shared_buffers=1GB'. CUTOVER_DIST names another dist.
set -euo pipefail
home=$(cd "$(dirname "$0")/.." && pwd)
config=${PG_CONFIG:-pg_config}
tmp=${TMPDIR:-/tmp}
dist=${CUTOVER_DIST:-$home/dist}

if [ ! -f "$dist/postgresql/cutover.so" ]; then
    echo "with-postgres.sh: dist/postgresql is not there yet; run make first" >&2
    exit 1
fi

# Servers of runs that were killed: their owner is gone.
for old in "$tmp"/cutover-pg.*; do
    if [ -f "$old/owner" ] && [ ! -d "/proc/$(cat "$old/owner")" ]; then
        postmaster=$(head -n 1 "$old/data/postmaster.pid" 2>/dev/null || true)
        if [ -n "$postmaster" ] && [[ $(readlink "/proc/$postmaster/exe") == "$old"/* ]]; then
            kill -QUIT "$postmaster" 2>/dev/null || true
        fi
        rm -rf "$old" 2>/dev/null || true
    fi
done

dir=$(mktemp -d "$tmp/cutover-pg.XXXXXX")
echo $$ >"$dir/owner"
server_bin=$dir$("$config" --bindir)

# The server refuses to run as root.
as_server() {
    if [ "$(id -u)" = 0 ]; then
        setpriv --reuid=postgres --regid=postgres --init-groups env -u RUST_BACKTRACE HOME="$dir" "$@"
    else
        env -u RUST_BACKTRACE "$@"
    fi
}

stop() {
    status=$?
    trap - EXIT
    if [ -f "$dir/data/postmaster.pid" ]; then
        (cd "$dir" && as_server "$server_bin/pg_ctl" -D "$dir/data" -m immediate -w stop >/dev/null 2>&1) || true
    fi
    if [ "${CUTOVER_KEEP:-}" = 1 ]; then echo "with-postgres.sh: kept $dir" >&2; else rm -rf "$dir"; fi
    exit "$status"
}
trap stop EXIT
trap 'exit 130' INT TERM HUP

# PostgreSQL finds its libraries and its share folder relative to the real path of its binary.
lib=$dir$("$config" --pkglibdir)
share=$dir$("$config" --sharedir)
mkdir -p "$server_bin" "$lib" "$share/extension" "$dir/sock" "$dir/files" "$dir/data"
cp "$("$config" --bindir)"/{postgres,initdb,pg_ctl} "$server_bin/"
ln -s "$("$config" --pkglibdir)"/* "$lib/"
for file in "$("$config" --sharedir)"/*; do
    if [ "${file##*/}" != extension ]; then ln -s "$file" "$share/"; fi
done
ln -s "$("$config" --sharedir)"/extension/* "$share/extension/"
rm -f "$lib"/cutover.so "$share"/extension/cutover*
cp "$dist/postgresql/cutover.so" "$lib/"
cp "$dist"/postgresql/cutover{.control,--*.sql} "$share/extension/"
# Scripts of older versions, for the test that upgrades from them.
for old in "$home"/tests/data/upgrade/*/cutover--*.sql; do
    if [ -f "$old" ] && [ ! -e "$share/extension/${old##*/}" ]; then cp "$old" "$share/extension/"; fi
done

chmod 755 "$dir"
chmod 1777 "$dir/sock" "$dir/files"
if [ "$(id -u)" = 0 ]; then chown postgres:postgres "$dir/data"; fi
cd "$dir"
as_server "$server_bin/initdb" -N -A trust -U postgres -E UTF8 --locale=C.UTF-8 -D "$dir/data" >"$dir/initdb.log" 2>&1 ||
    { cat "$dir/initdb.log" >&2; exit 1; }
PGHOST=$dir/sock CUTOVER_FAILPOINTS=$dir/files/failpoints as_server "$server_bin/pg_ctl" -D "$dir/data" -w -s -l "$dir/data/server.log" -o "-k $dir/sock -c listen_addresses='' \
    -c fsync=off -c max_connections=40 ${PG_SETTINGS:-}" start || { cat "$dir/data/server.log" >&2; exit 1; }
cd - >/dev/null

export PATH="$("$config" --bindir):$PATH" PGHOST=$dir/sock PGPORT=5432 PGUSER=postgres PGDATABASE=postgres
export CUTOVER_FILES=$dir/files
unset PGSERVICE PGPASSFILE PGOPTIONS
"$@"
