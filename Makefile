# cutover: build, try, test and install. `make help` lists the targets.

VERSION   := $(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
# The PostgreSQL to build for; its version picks the feature (15, 16, 17 or 18).
PG_CONFIG ?= pg_config
PG_MAJOR   = $(shell $(PG_CONFIG) --version | sed 's/[^0-9]*\([0-9]*\).*/\1/')
# `release` builds in minutes and is what the tests run on; `dist` adds link-time optimisation.
PROFILE   ?= release
CARGO     ?= cargo
CRATE      = $(CARGO) $(1) --profile $(PROFILE) --locked
BUILT      = $(or $(CARGO_TARGET_DIR),target)/$(PROFILE)

.DEFAULT_GOAL := all
export PG_CONFIG
BOTH       = -p cutover-sqlite -p cutover-pg --features cutover-pg/pg$(PG_MAJOR)
PGRX       = PGRX_PG_CONFIG_PATH=$$(command -v $(PG_CONFIG))

.PHONY: all help sqlite install demo demo-postgres demo-turbo demo-powerca demo-packages demo-warehouse failpoints test soak bench release clean setup-sqlite setup-postgres

help:
	@echo "make                 build dist/sqlite/cutover.so and dist/postgresql/"
	@echo "make demo            real data, phases and quarantine in SQLite"
	@echo "make demo-postgres   the same in PostgreSQL, on a private server"
	@echo "make demo-turbo      a new system takes over from an old one, phase by phase: in SQLite, then in PostgreSQL"
	@echo "make demo-powerca    a desktop and a cloud, synced in both directions: in SQLite, then in PostgreSQL"
	@echo "make demo-packages   migrations in packages, backups, restores: master and slave in SQLite, in PostgreSQL, and one in each"
	@echo "make demo-warehouse  nested documents become a warehouse with snapshots and metrics: in SQLite, then in PostgreSQL"
	@echo "make test            everything CI runs"
	@echo "make soak            kills, torture and the model tests for hours: ROUNDS=300, SECONDS=600, DAYS=1000, CASES=100000, SEED=1 repeats one"
	@echo "make bench           loads and syncs against COPY, .import and INSERT ... SELECT"
	@echo "make install         put the PostgreSQL extension where PG_CONFIG=$(PG_CONFIG) says"
	@echo "make release         build again with link-time optimisation"
	@echo "make clean           remove what was built"

setup-sqlite:
	@tests/setup.sh sqlite

setup-postgres:
	@tests/setup.sh postgres

# SQLite alone: what the demo needs, without anything of PostgreSQL.
sqlite: setup-sqlite
	$(call CRATE,build) -p cutover-sqlite
	@mkdir -p dist/sqlite
	@install -m 755 $(BUILT)/libcutover_sqlite.so dist/sqlite/cutover.so

# Both in one call, and with the same features as the tests: cargo then builds every library once.
all: setup-sqlite setup-postgres
	$(PGRX) $(call CRATE,build) $(BOTH)
	@mkdir -p dist/sqlite dist/postgresql
	@rm -f dist/postgresql/*
	@install -m 755 $(BUILT)/libcutover_sqlite.so dist/sqlite/cutover.so
	@install -m 755 $(BUILT)/libcutover_pg.so dist/postgresql/cutover.so
	@install -m 644 sql/cutover.control sql/cutover--*.sql dist/postgresql/

# Only copies, so that it can run as root without a toolchain: build first.
install:
	@test -f dist/postgresql/cutover.so || { echo "cutover: run make first"; exit 1; }
	install -d "$(DESTDIR)$$($(PG_CONFIG) --pkglibdir)" "$(DESTDIR)$$($(PG_CONFIG) --sharedir)/extension"
	install -m 755 dist/postgresql/cutover.so "$(DESTDIR)$$($(PG_CONFIG) --pkglibdir)/"
	install -m 644 dist/postgresql/cutover.control dist/postgresql/cutover--*.sql \
	    "$(DESTDIR)$$($(PG_CONFIG) --sharedir)/extension/"

demo: sqlite
	@sql/examples/nycflights13/demo-sqlite.sh

demo-postgres: all
	@tests/with-postgres.sh sql/examples/nycflights13/demo-postgres.sh

demo-turbo: all
	@sql/examples/turbo/demo-sqlite.sh
	@tests/with-postgres.sh sql/examples/turbo/demo-postgres.sh

demo-powerca: all
	@sql/examples/powerca/demo-sqlite.sh
	@tests/with-postgres.sh sql/examples/powerca/demo-postgres.sh

demo-packages: all
	@sql/examples/packages/demo.sh sqlite sqlite
	@tests/with-postgres.sh sql/examples/packages/demo.sh postgresql postgresql
	@tests/with-postgres.sh sql/examples/packages/demo.sh sqlite postgresql
	@tests/with-postgres.sh sql/examples/packages/demo.sh postgresql sqlite

demo-warehouse: all
	@sql/examples/warehouse/demo-sqlite.sh
	@tests/with-postgres.sh sql/examples/warehouse/demo-postgres.sh

test: all
	@tests/setup.sh cron
	@tests/setup.sh lint
	$(CARGO) fmt --all --check
	$(PGRX) $(call CRATE,clippy) $(BOTH) -p cutover-core -p cutover-tests --all-targets -- -D warnings
	$(PGRX) $(call CRATE,test) $(BOTH) -p cutover-core -p cutover-tests

# Both again with moments at which the tests may kill them; not optimised, and never in dist. The test
# of that name calls it.
SLOWLY     = $(foreach crate,cutover-core cutover-pg cutover-sqlite,--config profile.$(PROFILE).package.$(crate).opt-level=0)
failpoints:
	@$(PGRX) $(call CRATE,build) $(BOTH) -p cutover-core --features cutover-core/failpoints $(SLOWLY)
	@mkdir -p $(BUILT)/failpoints/sqlite $(BUILT)/failpoints/postgresql
	@install -m 755 $(BUILT)/libcutover_sqlite.so $(BUILT)/failpoints/sqlite/cutover.so
	@install -m 755 $(BUILT)/libcutover_pg.so $(BUILT)/failpoints/postgresql/cutover.so
	@install -m 644 sql/cutover.control sql/cutover--*.sql $(BUILT)/failpoints/postgresql/

# Kills by the hundred, many sessions at once for a while, then the engine against its oracles, case after
# case, until one fails or all are through.
soak: all
	CUTOVER_KILL_ROUNDS=$(or $(ROUNDS),300) $(PGRX) \
	    $(call CRATE,test) $(BOTH) -p cutover-core -p cutover-tests --test failpoints --test failpoints_authority -- --nocapture
	CUTOVER_TORTURE_SECONDS=$(or $(SECONDS),600) CUTOVER_TORTURE_SEED=$(or $(SEED),$$(date +%s)) $(PGRX) \
	    $(call CRATE,test) $(BOTH) -p cutover-core -p cutover-tests --test torture -- --nocapture
	CUTOVER_DAYS_CASES=$(or $(DAYS),1000) CUTOVER_DAYS_SEED=$(or $(SEED),$$(date +%s)) $(PGRX) \
	    $(call CRATE,test) $(BOTH) -p cutover-core -p cutover-tests --test days -- --nocapture
	CUTOVER_MODEL_CASES=$(or $(CASES),100000) CUTOVER_MODEL_SEED=$(or $(SEED),$$(date +%s)) $(PGRX) \
	    $(call CRATE,test) $(BOTH) -p cutover-core -p cutover-tests --test model -- --nocapture

# Memory is measured under the usual shared_buffers: a process that touches them is charged for them.
BENCH = -c fsync=on -c autovacuum=off -c max_wal_size=16GB
bench: all
	@$(PGRX) $(call CRATE,build) $(BOTH) -p cutover-tests
	@PG_SETTINGS="$(BENCH) -c shared_buffers=1GB" $(BUILT)/bench speed $(ONLY)
	@PG_SETTINGS="$(BENCH)" $(BUILT)/bench memory $(ONLY)

release:
	@$(MAKE) --no-print-directory all PROFILE=dist

clean:
	rm -rf dist .work
	$(CARGO) clean
