//! What a role, a schema or a file of someone else can make cutover do: nothing that its caller may not.

use std::fs;
use std::path::Path;
use std::process::Command;

use cutover_tests::client::Client;
use cutover_tests::postgres::server;
use cutover_tests::{calls, files, home, in_use};

/// A schema of someone else's that has everything we might look for, each failing loudly when it is used.
const HOSTILE: &str = r#"
CREATE SCHEMA hostile;
CREATE TABLE hostile.plan (plan_id int); CREATE TABLE hostile.phase (phase int); CREATE TABLE hostile.run (run_id int);
CREATE TABLE hostile.pg_class (oid int); CREATE TABLE hostile.pg_extension (oid int); CREATE TABLE hostile.pg_roles (oid int);
CREATE DOMAIN hostile.text AS pg_catalog.int4;
CREATE DOMAIN hostile.int8 AS pg_catalog.text;
CREATE COLLATION hostile."C" FROM "und-x-icu";
DO $do$
DECLARE t text; op text;
BEGIN
  FOREACH t IN ARRAY ARRAY['integer', 'bigint', 'text', 'varchar', 'boolean', 'oid', 'tid', '"char"', 'bpchar', 'name', 'timestamp', 'jsonb'] LOOP
    EXECUTE format('CREATE FUNCTION hostile.seen(pg_catalog.%1$s, pg_catalog.%1$s) RETURNS boolean LANGUAGE plpgsql AS $f$
      BEGIN RAISE EXCEPTION ''an operator of schema hostile was used''; END $f$', replace(replace(replace(t, 'integer', 'int4'), 'bigint', 'int8'), 'boolean', 'bool'));
    FOREACH op IN ARRAY ARRAY['=', '<>', '<', '>', '<=', '>='] LOOP
      EXECUTE format('CREATE OPERATOR hostile.%s (LEFTARG = %s, RIGHTARG = %2$s, FUNCTION = hostile.seen)', op, replace(replace(replace(format('pg_catalog.%s', t), 'integer', 'int4'), 'bigint', 'int8'), 'boolean', 'bool'));
    END LOOP;
  END LOOP;
  FOREACH t IN ARRAY ARRAY['now()', 'clock_timestamp()', 'hashtext(pg_catalog.text)', 'max(pg_catalog.int8)', 'min(pg_catalog.int8)', 'sum(pg_catalog.int8)',
      'count(pg_catalog.int8)', 'lower(pg_catalog.text)', 'to_json(pg_catalog.text)', 'unnest(pg_catalog.text[])', 'format(pg_catalog.text)', 'setval(regclass, pg_catalog.int8)'] LOOP
    EXECUTE format('CREATE FUNCTION hostile.%s RETURNS boolean LANGUAGE plpgsql AS $f$
      BEGIN RAISE EXCEPTION ''a function of schema hostile was used''; END $f$', t);
  END LOOP;
END $do$;"#;

/// With someone's schema in the caller's path, even before pg_catalog, nothing of it is used.
#[test]
fn a_schema_in_the_search_path_stands_in_for_nothing() {
    let root = in_use::folder("hostile");
    server().new_database("hostile");
    let mut client = Client::postgres("hostile");
    client
        .run(
            "CREATE TABLE product (code varchar(20) PRIMARY KEY, name varchar(40), price bigint, seen timestamp, more jsonb, parent varchar(20) REFERENCES product);
             CREATE TABLE stock (id bigserial PRIMARY KEY, code varchar(20) REFERENCES product ON DELETE CASCADE, place \"char\", tag bpchar(5) UNIQUE);
             CREATE TABLE sold (code text, day date, PRIMARY KEY (code, day));",
        )
        .ok("tables");
    client.run(HOSTILE).ok("a schema of someone else");
    let write = |name: &str, columns: &str, rows: &[&str]| {
        let rows: Vec<String> = rows.iter().map(|row| (*row).to_owned()).collect();
        files::write(&root.join(name), columns, &rows);
    };
    write(
        "product.parquet",
        "code text, name text, price text, seen timestamp, parent text",
        &["a | Axe | 10 | 2024-01-01 00:00:00 | b", "b | Bow | 20 | ~ | ~", "c | Cup | much | ~ | a"],
    );
    write("stock.parquet", "code text, place text, tag text", &["a | x | t1", "a | x | t2", "z | y | t3"]);
    write("sold.parquet", "code text, day date", &["a | 2024-01-01", "b | 2024-01-02"]);
    let plan = r#"{ "version": 1, "root": "{root}", "phases": [ { "name": "shop", "tables": [
        { "table": "public.product", "source": {"parquet": "product.parquet"}, "write": "replace", "on_bad_value": "quarantine", "on_missing_column": "keep",
          "checks": [{"name": "priced", "type": "query", "query": "SELECT code FROM product WHERE price IS NULL"}] },
        { "table": "public.stock", "source": {"parquet": "stock.parquet"}, "write": "delete_insert", "on_missing_reference": "quarantine", "merge_key": ["tag"] },
        { "table": "public.sold", "source": {"parquet": "sold.parquet"}, "write": "upsert", "primary_key": ["code", "day"], "cursor": {"column": "day"} } ] } ] }"#;
    fs::write(root.join("plan.json"), plan.replace("{root}", &root.display().to_string())).expect("the plan");
    let calls_made = [
        format!("load_plan('{}/plan.json')", root.display()),
        "check_plan()".to_owned(),
        "explain_phase('shop')".to_owned(),
        "sync_phase('shop', dry_run => true)".to_owned(),
        "sync_phase('shop')".to_owned(),
        "sync_phase('shop')".to_owned(),
        "replay_quarantine('shop')".to_owned(),
        "verify_phase('shop')".to_owned(),
        "validate_phase('shop')".to_owned(),
        "sync_job('shop')".to_owned(),
        format!("export_parquet('public.product', '{}/out.parquet', overwrite => true)", root.display()),
        format!(
            "export_parquet('SELECT * FROM public.stock', '{}/out.parquet', overwrite => true)",
            root.display()
        ),
        format!(
            "import_parquet('{}/sold.parquet', target => 'public.sold', write => 'upsert')",
            root.display()
        ),
        format!("import_parquet('{}/sold.parquet', target => 'public.fresh')", root.display()),
    ];
    let mut outcomes = Vec::new();
    for path in ["public", "public, hostile", "hostile, pg_catalog, public", "hostile, public"] {
        client.run("RESET search_path; TRUNCATE product, stock, sold; DROP TABLE IF EXISTS public.fresh; DELETE FROM cutover.quarantine; DELETE FROM cutover.sync_cursor").ok("anew");
        client.run(&format!("SET search_path = {path}")).ok(path);
        let mut outcome = Vec::new();
        for written in &calls_made {
            // By ours alone: what the test itself compares must not be taken in.
            let answer = client.run(&format!("SELECT r::pg_catalog.text FROM cutover.{written} r"));
            assert!(answer.error.is_none(), "{path}: {written}: {:?}", answer.error);
            outcome.push(answer.rows.len());
        }
        client.run("RESET search_path").ok("the usual");
        let state = ["product", "stock", "sold", "fresh"].map(|table| {
            let sql = format!("SELECT * FROM {table} ORDER BY 1, 2");
            let rows = client.run(&sql).ok(&sql);
            if table == "stock" { rows.into_iter().map(|row| row[1..].to_vec()).collect() } else { rows }
        });
        assert_eq!(state.each_ref().map(Vec::len), [2, 2, 2, 2], "{path}");
        outcomes.push((outcome, state));
    }
    assert!(outcomes.windows(2).all(|two| two[0] == two[1]), "the path makes no difference: {outcomes:#?}");
}

/// An upgrade script (`cutover--FROM--TO.sql`) may replace the views of the version that it comes from: they are the
/// extension's own.
fn without_own_views(path: &Path, text: &str) -> String {
    let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
    let parts: Vec<&str> = name.split("--").collect();
    let [_, from, _] = parts.as_slice() else { return text.to_owned() };
    let older = home().join(format!("tests/data/upgrade/{from}/cutover--{from}.sql"));
    let older = fs::read_to_string(older).expect("the older script").to_uppercase();
    let views = older.lines().filter_map(|line| line.strip_prefix("CREATE VIEW "));
    views.fold(text.to_owned(), |text, view| text.replace(&format!("CREATE OR REPLACE VIEW {view}"), ""))
}

/// What only the script can do wrong: an object that someone made before us would be taken over.
#[test]
fn the_script_takes_nothing_over_and_gives_nothing_away() {
    for entry in fs::read_dir(home().join("sql")).expect("sql/") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|e| e != "sql") {
            continue;
        }
        let text = fs::read_to_string(&path).expect("the script").to_uppercase();
        let text = without_own_views(&path, &text);
        for word in ["OR REPLACE", "IF NOT EXISTS", "TO PUBLIC"] {
            assert!(!text.contains(word), "{} says {word}", path.display());
        }
    }
    server().new_database("given_away");
    let mut client = Client::postgres("given_away");
    let open = "SELECT p.oid::regprocedure::text FROM pg_proc p WHERE pronamespace = 'cutover'::regnamespace AND has_function_privilege('public', p.oid, 'EXECUTE')
                UNION ALL SELECT c.oid::regclass::text FROM pg_class c WHERE relnamespace = 'cutover'::regnamespace AND relkind IN ('r', 'v', 'm', 'p')
                    AND has_table_privilege('public', c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
                UNION ALL SELECT nspname FROM pg_namespace WHERE nspname = 'cutover' AND has_schema_privilege('public', oid, 'USAGE, CREATE')";
    assert_eq!(client.run(open).ok(open).len(), 0, "nothing is for everyone");
    let definer = "SELECT proname FROM pg_proc WHERE pronamespace = 'cutover'::regnamespace AND prosecdef";
    assert_eq!(client.run(definer).ok(definer).len(), 0, "everything runs with its caller's rights");
}

/// Who sees a part of the rows writes none, and is told so.
#[test]
fn row_security_is_never_worked_around() {
    let root = in_use::folder("filtered");
    server().new_database("filtered");
    let mut client = Client::postgres("filtered");
    client
        .run(
            "DO $$ BEGIN CREATE ROLE sec_loader; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
             CREATE TABLE t (id integer PRIMARY KEY, name text); INSERT INTO t VALUES (1, 'seen'), (2, 'hidden');
             ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY seen ON t USING (id = 1);
             GRANT ALL ON t TO sec_loader; GRANT pg_read_server_files TO sec_loader; GRANT USAGE ON SCHEMA cutover TO sec_loader;
             GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA cutover TO sec_loader; GRANT ALL ON ALL TABLES IN SCHEMA cutover TO sec_loader",
        )
        .ok("a table with a policy");
    files::write(&root.join("t.parquet"), "id int64, name text", &["3 | new".to_owned()]);
    let plan = format!(
        r#"{{"version": 1, "root": "{}", "phases": [{{"name": "p", "tables": [
            {{"table": "t", "source": {{"parquet": "t.parquet"}}, "write": "replace", "max_delete": "100 %"}}]}}]}}"#,
        root.display()
    );
    fs::write(root.join("plan.json"), plan).expect("the plan");
    client.run("SET ROLE sec_loader").ok("the role");
    calls::call(&mut client, &format!("load_plan('{}/plan.json')", root.display())).1.ok("the plan");
    let hint = "call it as a role with BYPASSRLS, or as the table's owner";
    calls::refused(&mut client, "sync_phase('p')", "42501", &["row security hides rows of \"t\"", hint]);
    let import = format!("import_parquet('{}/t.parquet', target => 't')", root.display());
    calls::refused(&mut client, &import, "42501", &[hint]);
    client.run("RESET ROLE").ok("back");
    assert_eq!(client.value("SELECT string_agg(name, ' ' ORDER BY id) FROM t"), "seen hidden");
    client.run("ALTER ROLE sec_loader BYPASSRLS; SET ROLE sec_loader").ok("who sees all");
    calls::call(&mut client, "sync_phase('p')").1.ok("may");
    client.run("RESET ROLE; ALTER ROLE sec_loader NOBYPASSRLS").ok("back");
    assert_eq!(client.value("SELECT string_agg(name, ' ' ORDER BY id) FROM t"), "new");
}

/// A file of someone else's that calls our functions from wherever SQL can stand in it.
#[test]
fn a_hostile_sqlite_file_cannot_call_functions() {
    let root = in_use::folder("hostile-sqlite");
    let mut client = Client::sqlite(&root.join("hostile.sqlite"));
    files::write(&root.join("t.parquet"), "id int64", &["1".to_owned()]);
    let export = format!("export_parquet('SELECT 1 AS n', '{}/stolen.parquet')", root.display());
    client
        .run(&format!(
            "CREATE TABLE t (id INTEGER PRIMARY KEY);
             CREATE VIEW by_view AS SELECT {export};
             CREATE TRIGGER by_trigger AFTER INSERT ON t BEGIN SELECT {export}; END;
             CREATE VIEW as_target AS SELECT id FROM t;"
        ))
        .ok("a schema that means harm");
    for sql in ["SELECT * FROM by_view", "INSERT INTO t VALUES (1)"] {
        let error = client.run(sql).error.unwrap_or_else(|| panic!("{sql}: expected an error"));
        assert!(error.text.contains("unsafe use of export_parquet"), "{sql}: {}", error.text);
    }
    // What SQLite would not take, a file can hold all the same.
    for (name, columns) in [
        ("by_default", format!("n, m DEFAULT ({export})")),
        ("by_check", format!("n CHECK ({export} > 0)")),
        ("by_column", format!("n, m AS ({export})")),
    ] {
        let sql = format!("CREATE TABLE {name} ({columns})").replace('\'', "''");
        let written = format!(
            "CREATE TABLE {name} (n); PRAGMA writable_schema = on;
             UPDATE sqlite_schema SET sql = '{sql}' WHERE name = '{name}'"
        );
        let file = root.join(format!("{name}.sqlite"));
        // Newer shells forbid it unless they are told.
        assert_eq!(shell(&file, &[".dbconfig defensive off", &written]), "", "{name}");
        let load = format!(".load {}", home().join("dist/sqlite/cutover").display());
        for statement in ["INSERT INTO {} (n) VALUES (1)", "PRAGMA integrity_check", "SELECT * FROM {}"] {
            let said = shell(&file, &[&load, &statement.replace("{}", name)]);
            let harmless = name == "by_default" && !statement.starts_with("INSERT");
            assert!(harmless || said.contains("unsafe use of export_parquet"), "{name}: {statement}: {said}");
        }
    }
    assert!(!root.join("stolen.parquet").exists());
    // Our own writes fire that trigger too, and a view is no table.
    let import =
        |target: &str| format!("import_parquet('{}/t.parquet', target => '{target}')", root.display());
    let error = calls::call(&mut client, &import("t")).1.error.expect("the trigger fails");
    assert!(error.text.contains("unsafe use"), "{}", error.text);
    calls::refused(&mut client, &import("as_target"), "42809", &["as_target"]);
    assert_eq!(client.value("SELECT count(*) FROM t"), "0");
    assert!(!root.join("stolen.parquet").exists());
}

/// What sqlite3 says on its standard error.
fn shell(file: &Path, commands: &[&str]) -> String {
    let output =
        Command::new("sqlite3").args(["-init", "/dev/null", "-batch"]).arg(file).args(commands).output();
    String::from_utf8_lossy(&output.expect("sqlite3 runs").stderr).into_owned()
}

/// What a call does to the database it does by the caller's own connection, under its authorizer's eyes.
#[test]
fn the_authorizer_sees_every_write() {
    let root = in_use::folder("authorizer");
    let mut client = Client::sqlite(&root.join("database.sqlite"));
    files::write(&root.join("t.parquet"), "id int64", &["1".to_owned()]);
    client
        .run("CREATE TABLE t (id INTEGER PRIMARY KEY);\n.auth on\n")
        .ok("sqlite3 shows what its authorizer is asked");
    let answer = client
        .run(&format!("SELECT import_parquet('{}/t.parquet', '{{\"target\": \"t\"}}')", root.display()));
    let asked: Vec<&str> = answer.said.lines().collect();
    let shown = answer
        .rows
        .iter()
        .flatten()
        .flatten()
        .map(String::as_str)
        .chain(asked)
        .collect::<Vec<_>>()
        .join("\n");
    for action in ["FUNCTION NULL \"import_parquet\"", "TRANSACTION \"BEGIN\"", "INSERT \"t\" NULL \"main\""]
    {
        assert!(shown.contains(action), "expected {action} in {shown}");
    }
    client.run(".auth off\n").ok("off");
    assert_eq!(client.value("SELECT count(*) FROM t"), "1");
}
