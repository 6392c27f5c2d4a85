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

/// Tables of two roles, one of which has triggers that try what their table's owner may not.
const OWNED: &str = r#"
DO $$ BEGIN CREATE ROLE sec_app; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
DO $$ BEGIN CREATE ROLE sec_other; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
CREATE TABLE job (id integer PRIMARY KEY, name text);
CREATE TABLE part (id integer PRIMARY KEY, job_id integer REFERENCES job);
CREATE TABLE other (id integer PRIMARY KEY);
CREATE TABLE witness (who text, attempt text, outcome text);
CREATE FUNCTION try_it() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE attempt text;
BEGIN
  FOREACH attempt IN ARRAY ARRAY['SET ROLE postgres', 'SET SESSION AUTHORIZATION postgres', 'CREATE ROLE sec_made',
      'SELECT pg_catalog.pg_read_file(''/etc/hostname'')', 'CREATE TEMP TABLE left_behind (n int)', 'INSERT INTO cutover.phase VALUES (''mine'', 9)'] LOOP
    BEGIN
      EXECUTE attempt;
      INSERT INTO public.witness VALUES (current_user, attempt, 'done');
    EXCEPTION WHEN OTHERS THEN
      INSERT INTO public.witness VALUES (current_user, attempt, SQLSTATE);
    END;
  END LOOP;
  PERFORM set_config('search_path', 'sec_made', false);
  RETURN NEW;
END $$;
CREATE TRIGGER try_it BEFORE INSERT OR UPDATE ON job FOR EACH ROW EXECUTE FUNCTION try_it();
ALTER TABLE job OWNER TO sec_app; ALTER TABLE part OWNER TO sec_app; ALTER TABLE witness OWNER TO sec_app;
ALTER TABLE other OWNER TO sec_other;"#;

fn value(client: &mut Client, sql: &str) -> String {
    client.run(sql).ok(sql)[0][0].clone().unwrap_or_default()
}

/// The error of a call, which must fail so.
fn refused(client: &mut Client, written: &str, code: &str, parts: &[&str]) {
    let error = calls::call(client, written).1.error.unwrap_or_else(|| panic!("{written}: expected {code}"));
    assert_eq!(error.code, code, "{written}: {}", error.text);
    for part in parts {
        assert!(error.text.contains(part), "{written}: expected {part} in {}", error.text);
    }
}

/// A superuser's run lends its rights to nobody's trigger: it is refused, or writes as the tables' owner.
#[test]
fn a_superuser_writes_another_roles_tables_as_that_role_or_not_at_all() {
    let root = in_use::folder("owned");
    server().new_database("owned");
    let mut client = Client::postgres("owned");
    client.run(OWNED).ok("tables of two roles");
    let write =
        |name: &str, columns: &str, row: &str| files::write(&root.join(name), columns, &[row.to_owned()]);
    write("job.parquet", "id int64, name text", "1 | paint");
    write("part.parquet", "id int64, job_id int64", "1 | 1");
    write("other.parquet", "id int64", "1");
    let table = |name: &str| {
        format!(r#"{{"table": "{name}", "source": {{"parquet": "{name}.parquet"}}, "write": "replace"}}"#)
    };
    let plan = |as_owner: bool| {
        format!(
            r#"{{"version": 1, "root": "{}", "phases": [
                {{"name": "jobs", "run_as_owner": {as_owner}, "tables": [{}, {}]}},
                {{"name": "mixed", "run_as_owner": {as_owner}, "tables": [{}]}}]}}"#,
            root.display(),
            table("job"),
            table("part"),
            table("other")
        )
    };
    let load = |client: &mut Client, plan: &str| {
        fs::write(root.join("plan.json"), plan).expect("the plan");
        calls::call(client, &format!("load_plan('{}/plan.json')", root.display())).1.ok("the plan");
    };
    load(&mut client, &plan(false));
    let hint = "set \"run_as_owner\" for the phase, or call it as a role that is no superuser";
    for written in
        ["sync_phase('jobs')", "sync_phase('jobs', dry_run => true)", "sync_phase('jobs', rehearse => true)"]
    {
        refused(
            &mut client,
            written,
            "42501",
            &["belongs to role \"sec_app\"", "a superuser's rights", hint],
        );
    }
    let import = format!("import_parquet('{}/job.parquet', target => 'job')", root.display());
    refused(&mut client, &import, "42501", &["belongs to role \"sec_app\""]);
    assert_eq!(calls::call(&mut client, "sync_job('jobs')").0, "failed");
    assert_eq!(value(&mut client, "SELECT count(*) FROM witness"), "0", "no trigger ran");
    calls::call(&mut client, "verify_phase('jobs')").1.ok("what only reads runs nobody's triggers");

    load(&mut client, &plan(true));
    let path = value(&mut client, "SHOW search_path");
    calls::call(&mut client, "sync_phase('jobs')").1.ok("as the owner");
    assert_eq!(value(&mut client, "SELECT count(*) FROM job JOIN part ON job_id = job.id"), "1");
    let attempts =
        "SELECT string_agg(who || ' ' || outcome, ', ' ORDER BY attempt COLLATE \"C\") FROM witness";
    // To make roles, to leave a table, to write the log, to read files, to be someone else: denied.
    let denied = "42501".to_owned();
    let expected = vec![format!("sec_app {denied}"); 6].join(", ");
    assert_eq!(value(&mut client, attempts), expected);
    assert_eq!(value(&mut client, "SELECT current_user || ' ' || session_user"), "postgres postgres");
    assert_eq!(value(&mut client, "SHOW search_path"), path, "what a trigger set is undone");
    // The second run writes nothing: no trigger has anything to try.
    let (report, _) = calls::call(&mut client, "sync_phase('jobs')");
    assert!(report.as_array().expect("a report").iter().all(|row| row["unchanged"] == 1), "{report}");
    assert_eq!(value(&mut client, "SELECT count(*) FROM witness"), "6");

    // An error while the run works as the owner: the caller is itself again.
    client.run("ALTER TABLE part ADD CHECK (id < 2)").ok("a check");
    write("part.parquet", "id int64, job_id int64", "2 | 1");
    assert_eq!(calls::call(&mut client, "sync_job('jobs')").0, "failed");
    assert_eq!(value(&mut client, "SELECT current_user"), "postgres");
    client.run("CREATE ROLE sec_fresh; DROP ROLE sec_fresh").ok("with all its rights");

    // What is deferred would run when the caller is a superuser again.
    client
        .run("ALTER TABLE part DROP CONSTRAINT part_id_check, ADD CONSTRAINT late UNIQUE (job_id) DEFERRABLE INITIALLY DEFERRED")
        .ok("a deferred constraint");
    let file = |rows: &[&str]| {
        let rows: Vec<String> = rows.iter().map(|row| (*row).to_owned()).collect();
        files::write(&root.join("part.parquet"), "id int64, job_id int64", &rows);
    };
    file(&["1 | 1", "2 | 1"]);
    refused(&mut client, "sync_phase('jobs')", "23505", &["job_id"]);
    client
        .run(
            "CREATE CONSTRAINT TRIGGER later AFTER INSERT ON part DEFERRABLE INITIALLY DEFERRED
             FOR EACH ROW EXECUTE FUNCTION try_it()",
        )
        .ok("a deferred trigger");
    file(&["1 | 1", "2 | ~"]);
    refused(&mut client, "sync_phase('jobs')", "42501", &["deferred trigger"]);
    client.run("DROP TRIGGER later ON part").ok("without it");

    // One phase of two owners, and a partition of another's.
    let both = plan(true).replace(
        &table("other"),
        &format!("{}, {}", table("other"), table("witness").replace("replace", "upsert")),
    );
    client.run("ALTER TABLE witness ADD PRIMARY KEY (who, attempt)").ok("a key");
    write("witness.parquet", "who text, attempt text, outcome text", "a | b | c");
    load(&mut client, &both);
    refused(
        &mut client,
        "sync_phase('mixed')",
        "0A000",
        &["more than one role", "\"sec_app\"", "\"sec_other\""],
    );
    client
        .run(
            "DROP TABLE other; CREATE TABLE other (id integer PRIMARY KEY) PARTITION BY RANGE (id);
             CREATE TABLE other_1 PARTITION OF other FOR VALUES FROM (0) TO (10); ALTER TABLE other_1 OWNER TO sec_other",
        )
        .ok("a partition of someone else's");
    load(&mut client, &plan(false));
    refused(&mut client, "sync_phase('mixed')", "42501", &["belongs to role \"sec_other\""]);
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
    refused(&mut client, "sync_phase('p')", "42501", &["row security hides rows of \"t\"", hint]);
    let import = format!("import_parquet('{}/t.parquet', target => 't')", root.display());
    refused(&mut client, &import, "42501", &[hint]);
    client.run("RESET ROLE").ok("back");
    assert_eq!(value(&mut client, "SELECT string_agg(name, ' ' ORDER BY id) FROM t"), "seen hidden");
    client.run("ALTER ROLE sec_loader BYPASSRLS; SET ROLE sec_loader").ok("who sees all");
    calls::call(&mut client, "sync_phase('p')").1.ok("may");
    client.run("RESET ROLE; ALTER ROLE sec_loader NOBYPASSRLS").ok("back");
    assert_eq!(value(&mut client, "SELECT string_agg(name, ' ' ORDER BY id) FROM t"), "new");
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
        assert_eq!(shell(&file, &[&written]), "", "{name}");
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
    refused(&mut client, &import("as_target"), "42809", &["as_target"]);
    assert_eq!(value(&mut client, "SELECT count(*) FROM t"), "0");
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
    assert_eq!(value(&mut client, "SELECT count(*) FROM t"), "1");
}
