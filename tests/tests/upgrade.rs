//! Upgrades: a database in use that an older version left goes on under this one, with the same catalog as a
//! new one; and where tables and library differ in version, every call says so and does nothing.
//!
//! `data/upgrade/VERSION/` holds what that version left: its extension script and two databases in use, as
//! pg_dump and sqlite3 dumped them. `CUTOVER_FREEZE=1` writes that of the version being built: do it once, when it
//! is released, and never again.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use cutover_tests::client::Client;
use cutover_tests::postgres::server;
use cutover_tests::{Db, calls, home, in_use};

const VERSION: &str = env!("CARGO_PKG_VERSION");

fn folder_of(version: &str) -> PathBuf {
    home().join("tests/data/upgrade").join(version)
}

/// The versions that were frozen. The one being built is none of them, or what is frozen would be another
/// thing than what is built under its name.
fn older() -> Vec<String> {
    let entries = fs::read_dir(home().join("tests/data/upgrade")).expect("frozen versions");
    let names = entries.map(|e| e.expect("an entry").file_name().into_string().expect("a version"));
    let names: Vec<String> = names.collect();
    assert!(
        !names.iter().any(|name| name == VERSION),
        "{VERSION} is frozen: what is built now is another version"
    );
    assert!(!names.is_empty(), "no version is frozen");
    names
}

/// The dump of a database in use, without what differs from run to run; `{root}` stands for the sources' folder.
fn dump_postgres(database: &str, root: &Path) -> String {
    let server = server();
    let output = Command::new(Path::new(&server.psql).with_file_name("pg_dump"))
        .args([
            "-h",
            &server.host,
            "-p",
            "5432",
            "-U",
            "postgres",
            "--inserts",
            "--column-inserts",
            "--no-comments",
            database,
        ])
        .output()
        .expect("pg_dump runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let lines = text.lines().filter(|l| !l.is_empty() && !l.starts_with("--") && !l.starts_with('\\'));
    let text = lines.map(|l| format!("{l}\n")).collect::<String>();
    text.replace(&root.display().to_string(), "{root}")
        .replace("WITH SCHEMA cutover;", &format!("WITH SCHEMA cutover VERSION '{VERSION}';"))
}

fn dump_sqlite(client: &mut Client, root: &Path) -> String {
    let file = root.join("dump.sql");
    client.run(&format!(".output {}\n.dump\n.output\n", file.display())).ok("dump");
    fs::read_to_string(file).expect("the dump").replace(&root.display().to_string(), "{root}")
}

/// A database of `db` in use, made from what `text` dumped; its sources are made anew in `root`.
fn restore(db: Db, name: &str, text: &str, root: &Path) -> Client {
    let file = root.join("restore.sql");
    fs::write(&file, text.replace("{root}", &root.display().to_string())).expect("the dump can be written");
    match db {
        Db::Postgres => {
            server().new_database(name);
            let mut client = Client::postgres(name);
            client.run("DROP EXTENSION cutover; DROP SCHEMA cutover").ok("without ours");
            client
                .run(&format!(
                    "\\set ON_ERROR_STOP 1\n\\i {}\n\\unset ON_ERROR_STOP\nSET search_path = public",
                    file.display()
                ))
                .ok("the dump");
            client
        }
        Db::Sqlite => {
            let mut client = Client::sqlite(&root.join(format!("{name}.sqlite")));
            client.run(&format!(".read {}\nPRAGMA foreign_keys = on", file.display())).ok("the dump");
            client
        }
    }
}

/// Everything that makes up cutover's catalog, a line each.
fn catalog(client: &mut Client) -> BTreeMap<String, String> {
    let sql = match client.db {
        Db::Postgres => {
            "SELECT 'function ' || p.oid::regprocedure, concat_ws(' ', pg_get_functiondef(p.oid), proacl::text, obj_description(p.oid))
               FROM pg_proc p WHERE pronamespace = 'cutover'::regnamespace
             UNION ALL
             SELECT 'relation ' || relname, concat_ws(' ', relkind, relacl::text, obj_description(c.oid, 'pg_class'),
                    CASE WHEN relkind = 'v' THEN pg_get_viewdef(c.oid) END, c.oid = ANY (extconfig))
               FROM pg_class c, pg_extension WHERE extname = 'cutover' AND relnamespace = 'cutover'::regnamespace
             UNION ALL
             SELECT format('column %s.%s %s', attrelid::regclass, attnum, attname),
                    concat_ws(' ', format_type(atttypid, atttypmod), attnotnull, attidentity, attgenerated, pg_get_expr(adbin, adrelid))
               FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
               WHERE relnamespace = 'cutover'::regnamespace AND attnum > 0 AND NOT attisdropped AND relkind <> 'S'
             UNION ALL
             SELECT format('constraint %s.%s', conrelid::regclass, conname), pg_get_constraintdef(oid)
               FROM pg_constraint WHERE connamespace = 'cutover'::regnamespace
             UNION ALL
             SELECT 'index ' || indexname, indexdef FROM pg_indexes WHERE schemaname = 'cutover'
             UNION ALL
             SELECT 'trigger ' || tgname, pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid
               WHERE relnamespace = 'cutover'::regnamespace AND NOT tgisinternal
             UNION ALL
             SELECT 'member ' || pg_describe_object(classid, objid, objsubid), extversion
               FROM pg_depend JOIN pg_extension e ON e.oid = refobjid
               WHERE refclassid = 'pg_extension'::regclass AND extname = 'cutover' AND deptype = 'e'"
        }
        // ALTER TABLE leaves a table's text otherwise than CREATE TABLE: its columns tell.
        Db::Sqlite => {
            "SELECT type || ' ' || name, CASE type WHEN 'table' THEN (SELECT group_concat(concat) FROM
                (SELECT c.name || ' ' || c.type || ' ' || c.\"notnull\" || ' ' || c.pk || ' ' || coalesce(c.dflt_value, '') AS concat
                   FROM pragma_table_info(m.name) c ORDER BY cid)) ELSE sql END
             FROM main.sqlite_schema m WHERE name LIKE 'cutover%' AND sql IS NOT NULL"
        }
    };
    let rows = client.run(sql).ok(sql);
    rows.into_iter()
        .map(|row| (row[0].clone().unwrap_or_default(), row[1].clone().unwrap_or_default()))
        .collect()
}

fn same(left: &BTreeMap<String, String>, right: &BTreeMap<String, String>, what: &str) {
    let all = left.keys().chain(right.keys());
    let different: Vec<_> =
        all.filter(|k| left.get(*k) != right.get(*k)).map(|k| (k, left.get(k), right.get(k))).collect();
    assert!(different.is_empty(), "{what}: {different:#?}");
}

/// A database in use under this version, and the same from a dump of it.
fn in_use_now(db: Db, name: &str) -> (Client, PathBuf, String) {
    let root = in_use::folder(&format!("{name}-{}", db.name()));
    let mut client = match db {
        Db::Postgres => {
            server().new_database(name);
            Client::postgres(name)
        }
        Db::Sqlite => Client::sqlite(&root.join(format!("{name}.sqlite"))),
    };
    in_use::fill(&mut client, &root);
    let text = match db {
        Db::Postgres => dump_postgres(name, &root),
        Db::Sqlite => dump_sqlite(&mut client, &root),
    };
    (client, root, text)
}

/// What is frozen now can be thawed, so that the next version will be able to.
fn freezes_and_thaws(db: Db) {
    let (mut now, root, text) = in_use_now(db, "freeze");
    if std::env::var_os("CUTOVER_FREEZE").is_some() {
        let folder = folder_of(VERSION);
        fs::create_dir_all(&folder).expect("its folder");
        fs::write(folder.join(format!("{}.sql", db.name())), &text).expect("the dump can be written");
        let script = format!("cutover--{VERSION}.sql");
        fs::copy(home().join("sql").join(&script), folder.join(&script)).expect("the script can be copied");
    }
    let mut thawed = restore(db, "thaw", &text, &root);
    assert_eq!(in_use::state(&mut now), in_use::state(&mut thawed));
    same(&catalog(&mut now), &catalog(&mut thawed), "freeze and thaw");
    in_use::goes_on(&mut thawed);
}

#[test]
fn postgresql_freezes_and_thaws() {
    freezes_and_thaws(Db::Postgres);
}

#[test]
fn sqlite_freezes_and_thaws() {
    freezes_and_thaws(Db::Sqlite);
}

/// Every older version that was frozen, upgraded, against a new database.
fn upgrades(db: Db) {
    for version in older() {
        let name = format!("upgrade_{}", version.replace('.', "_"));
        let (mut now, root, _) = in_use_now(db, &name);
        let text =
            fs::read_to_string(folder_of(&version).join(format!("{}.sql", db.name()))).expect("the dump");
        let mut old = restore(db, &format!("{name}_old"), &text, &root);
        match db {
            Db::Postgres => {
                let refused = calls::call(&mut old, "sync_phase('jobs')").1.error;
                assert_eq!(refused.expect("not before the update").code, "55000");
                old.run("ALTER EXTENSION cutover UPDATE").ok("the upgrade scripts");
            }
            // The first call that may write does it.
            Db::Sqlite => _ = calls::call(&mut old, "show_plan()").1.ok("the upgrade"),
        }
        in_use::goes_on(&mut old);
        same(&catalog(&mut old), &catalog(&mut now), &format!("{version} upgraded, and new"));
    }
}

#[test]
fn postgresql_upgrades_a_database_in_use() {
    upgrades(Db::Postgres);
}

#[test]
fn sqlite_upgrades_a_database_in_use() {
    upgrades(Db::Sqlite);
}

/// Tables of another version: every function that looks at them is refused, and changes nothing.
fn another_version(db: Db, pretend: &dyn Fn(&str) -> String, hints: [(&str, &str); 2]) {
    let (mut client, _, _) = in_use_now(db, "versions");
    for (version, hint) in hints {
        client.run(&pretend(version)).ok(version);
        let before = in_use::state(&mut client);
        for written in ["show_plan()", "sync_phase('jobs')", "sync_job('jobs')", "verify_phase('jobs')"] {
            let error = calls::call(&mut client, written).1.error.expect("refused");
            assert_eq!(error.code, "55000", "{written}");
            assert!(error.text.contains("tables and library of cutover differ in version"), "{}", error.text);
            assert!(
                error.text.contains(&format!("of version {version}, the library is of version {VERSION}"))
            );
            assert!(error.text.contains(hint), "{}", error.text);
        }
        assert_eq!(before, in_use::state(&mut client));
    }
    client.run(&pretend(VERSION)).ok("as it was");
    in_use::goes_on(&mut client);
}

#[test]
fn postgresql_refuses_another_version() {
    another_version(
        Db::Postgres,
        &|version| format!("UPDATE pg_extension SET extversion = '{version}' WHERE extname = 'cutover'"),
        [("0.0.1", "ALTER EXTENSION cutover UPDATE"), ("99.0.0", "open a new session")],
    );
}

#[test]
fn sqlite_refuses_another_version() {
    another_version(
        Db::Sqlite,
        &|version| {
            format!("DROP VIEW cutover_catalog; CREATE VIEW cutover_catalog (version) AS SELECT '{version}'")
        },
        [("0.0.1", "may write"), ("99.0.0", "load the library of version 99.0.0")],
    );
}
