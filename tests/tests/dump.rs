//! A database that is dumped and restored goes on as if nothing had been: plan, log, cursors, quarantine,
//! stubs, states and the numbers that sequences stand at, and the rights that were granted.

use std::fs;

use cutover_tests::client::Client;
use cutover_tests::postgres::{program, server};
use cutover_tests::{calls, in_use};

fn empty_database(name: &str) {
    for sql in [format!("DROP DATABASE IF EXISTS {name}"), format!("CREATE DATABASE {name}")] {
        program("psql", "postgres", &["-X", "-q", "-c", &sql]);
    }
}

/// As whom a job would run: what it may do must come along.
const ROLE: &str = "
    DO $$ BEGIN CREATE ROLE dump_loader; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
    GRANT USAGE ON SCHEMA cutover TO dump_loader;
    GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA cutover TO dump_loader;
    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA cutover TO dump_loader;
    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO dump_loader;
    GRANT SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA public TO dump_loader;
    GRANT pg_read_server_files TO dump_loader;";

/// Every privilege in schema cutover, but the owner's.
fn privileges(client: &mut Client) -> Vec<Vec<Option<String>>> {
    let sql = "SELECT oid::regprocedure::text, proacl::text FROM pg_proc WHERE pronamespace = 'cutover'::regnamespace \
               UNION ALL SELECT oid::regclass::text, relacl::text FROM pg_class WHERE relnamespace = 'cutover'::regnamespace \
                   AND relkind IN ('r', 'v', 'S') ORDER BY 1";
    client.run(sql).ok(sql)
}

#[test]
fn a_dump_of_postgresql_carries_everything() {
    let root = in_use::folder("dump-postgres");
    server().new_database("dump_from");
    let mut client = Client::postgres("dump_from");
    in_use::fill(&mut client, &root);
    client.run(ROLE).ok("a role");
    let (state, granted) = (in_use::state(&mut client), privileges(&mut client));

    // As psql reads it, and as pg_restore does, in parallel, which orders the tables by itself.
    empty_database("dump_plain");
    let plain = root.join("plain.sql");
    fs::write(&plain, program("pg_dump", "dump_from", &[]).stdout).expect("the dump can be written");
    program(
        "psql",
        "dump_plain",
        &["-X", "-q", "-v", "ON_ERROR_STOP=1", "-o", "/dev/null", "-f", &plain.display().to_string()],
    );
    empty_database("dump_custom");
    let custom = root.join("custom.dump").display().to_string();
    program("pg_dump", "dump_from", &["-Fc", "-f", &custom]);
    program("pg_restore", "dump_custom", &["-j", "2", "--exit-on-error", &custom]);

    for name in ["dump_plain", "dump_custom"] {
        let mut restored = Client::postgres(name);
        assert_eq!(state, in_use::state(&mut restored), "{name}");
        assert_eq!(granted, privileges(&mut restored), "{name}");
        restored.run("SET ROLE dump_loader").ok("the role");
        in_use::goes_on(&mut restored);
    }
    in_use::goes_on(&mut client);
}

#[test]
fn a_copy_of_a_sqlite_database_carries_everything() {
    let root = in_use::folder("dump-sqlite");
    let file = |name: &str| root.join(name).display().to_string();
    let mut client = Client::sqlite(&root.join("from.sqlite"));
    in_use::fill(&mut client, &root);
    let state = in_use::state(&mut client);
    client.run(&format!(".backup {}\n", file("backup.sqlite"))).ok("backup");
    client.run(&format!(".output {}\n.dump\n.output\n", file("dump.sql"))).ok("dump");
    client.run(&format!("VACUUM INTO '{}'", file("vacuumed.sqlite"))).ok("vacuum");

    for name in ["backup", "vacuumed", "dumped"] {
        let mut restored = Client::sqlite(&root.join(format!("{name}.sqlite")));
        if name == "dumped" {
            restored.run(&format!(".read {}\n", file("dump.sql"))).ok("the dump can be read");
            restored.run("PRAGMA foreign_keys = on").ok("a dump turns it off");
        }
        assert_eq!(state, in_use::state(&mut restored), "{name}");
        in_use::goes_on(&mut restored);
    }
    in_use::goes_on(&mut client);
}

#[test]
fn a_schema_of_a_sqlite_database_makes_a_fresh_one() {
    let root = in_use::folder("schema-sqlite");
    let mut client = Client::sqlite(&root.join("from.sqlite"));
    in_use::fill(&mut client, &root);
    let file = root.join("schema.sql").display().to_string();
    client.run(&format!(".output {file}\n.schema --nosys\n.output\n")).ok("schema");
    let mut fresh = Client::sqlite(&root.join("fresh.sqlite"));
    fresh.run(&format!(".read {file}\n")).ok("the schema can be read");
    let refused = calls::call(&mut fresh, "sync_phase('fleet')").1.error.expect("no plan is in force");
    assert!(refused.text.contains("no plan"), "{}", refused.text);
    in_use::first_runs(&mut fresh, &root);
    in_use::goes_on(&mut fresh);
}
