#!/usr/bin/env bash
# Installs what is missing, and only that:
#
#   tests/setup.sh sqlite      the sqlite3 shell, for `make demo`
#   tests/setup.sh postgres    a PostgreSQL server and its headers, for everything else
#   tests/setup.sh cron        pg_cron, for the test of scheduled jobs
#   tests/setup.sh lint        rustfmt and clippy
#
# Quiet when all is there. Packages go in as root or with sudo; without either, one line says what
# to install.
set -euo pipefail

# First PostgreSQL version that Debian offers and cutover supports; the tests are run on 15.
postgres_version() {
    local version
    for version in 15 16 17 18; do
        if apt-cache show "postgresql-$version" >/dev/null 2>&1; then echo "$version"; return; fi
    done
    echo 15
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

# install PACKAGE...: once more after a failure, for a mirror that hiccups or a lock that is held.
install_packages() {
    if ! command -v apt-get >/dev/null || ! as_root true 2>/dev/null; then
        echo "cutover: please install: $* (no root, no sudo, or no apt-get here)" >&2
        exit 1
    fi
    echo "cutover: installing $*"
    local try log
    log=$(mktemp)
    for try in 1 2; do
        as_root apt-get -qq -o DPkg::Lock::Timeout=300 update >"$log" 2>&1 || true
        if as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 \
            install -y --no-install-recommends "$@" >>"$log" 2>&1; then
            rm -f "$log"
            return
        fi
        if [ "$try" = 1 ]; then sleep 5; fi
    done
    tail -n 20 "$log" >&2
    echo "cutover: could not install: $*; install it by hand and try again" >&2
    exit 1
}

compiler() { command -v cc >/dev/null || packages+=(build-essential); }

packages=()
case "${1:-}" in
sqlite)
    compiler
    command -v sqlite3 >/dev/null || packages+=(sqlite3)
    ;;
postgres)
    compiler
    config=${PG_CONFIG:-pg_config}
    if ! command -v "$config" >/dev/null || [ ! -f "$("$config" --includedir-server)/postgres.h" ] ||
        [ ! -x "$("$config" --bindir)/postgres" ] || [ ! -x "$("$config" --bindir)/psql" ]; then
        if [ "${PG_CONFIG:-pg_config}" != pg_config ]; then
            echo "cutover: $PG_CONFIG does not belong to a PostgreSQL with server and headers" >&2
            exit 1
        fi
        # Where the package lists are new to the machine, nothing is known of any version yet.
        if ! apt-cache show postgresql-15 >/dev/null 2>&1; then
            as_root apt-get -qq -o DPkg::Lock::Timeout=300 update >/dev/null 2>&1 || true
        fi
        version=$(postgres_version)
        packages+=("postgresql-$version" "postgresql-server-dev-$version")
    fi
    # bindgen, which pgrx uses, loads libclang.
    if ! ls /usr/lib/llvm-*/lib/libclang*.so* /usr/lib/*/libclang*.so* >/dev/null 2>&1 && [ -z "${LIBCLANG_PATH:-}" ]; then
        packages+=(libclang-dev)
    fi
    ;;
cron)
    config=${PG_CONFIG:-pg_config}
    if [ ! -f "$("$config" --pkglibdir)/pg_cron.so" ]; then
        packages+=("postgresql-$("$config" --version | sed 's/[^0-9]*\([0-9]*\).*/\1/')-cron")
    fi
    ;;
lint)
    for tool in fmt clippy; do
        if ! cargo "$tool" --version >/dev/null 2>&1; then
            rustup component add rustfmt clippy >/dev/null 2>&1 || {
                echo "cutover: please install rustfmt and clippy (rustup component add rustfmt clippy)" >&2
                exit 1
            }
        fi
    done
    ;;
*)
    echo "usage: tests/setup.sh sqlite|postgres|cron|lint" >&2
    exit 2
    ;;
esac

if [ ${#packages[@]} -gt 0 ]; then install_packages "${packages[@]}"; fi
