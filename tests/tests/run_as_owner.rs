//! A superuser's run over tables of another role: it lends its rights to nobody's trigger.

use std::fs;

use cutover_tests::client::Client;
use cutover_tests::postgres::server;
use cutover_tests::{calls, files, in_use};

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

/// What the trigger's attempts came to.
const ATTEMPTS: &str =
    "SELECT string_agg(who || ' ' || outcome, ', ' ORDER BY attempt COLLATE \"C\") FROM witness";

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
        calls::refused(
            &mut client,
            written,
            "42501",
            &["belongs to role \"sec_app\"", "a superuser's rights", hint],
        );
    }
    let import = format!("import_parquet('{}/job.parquet', target => 'job')", root.display());
    calls::refused(&mut client, &import, "42501", &["belongs to role \"sec_app\""]);
    assert_eq!(calls::call(&mut client, "sync_job('jobs')").0, "failed");
    assert_eq!(client.value("SELECT count(*) FROM witness"), "0", "no trigger ran");
    calls::call(&mut client, "verify_phase('jobs')").1.ok("what only reads runs nobody's triggers");

    load(&mut client, &plan(true));
    let path = client.value("SHOW search_path");
    calls::call(&mut client, "sync_phase('jobs')").1.ok("as the owner");
    assert_eq!(client.value("SELECT count(*) FROM job JOIN part ON job_id = job.id"), "1");
    // To make roles, to leave a table, to write the log, to read files, to be someone else: denied.
    let denied = "42501".to_owned();
    let expected = vec![format!("sec_app {denied}"); 6].join(", ");
    assert_eq!(client.value(ATTEMPTS), expected);
    assert_eq!(client.value("SELECT current_user || ' ' || session_user"), "postgres postgres");
    assert_eq!(client.value("SHOW search_path"), path, "what a trigger set is undone");
    // The second run writes nothing: no trigger has anything to try.
    let (report, _) = calls::call(&mut client, "sync_phase('jobs')");
    assert!(report.as_array().expect("a report").iter().all(|row| row["unchanged"] == 1), "{report}");
    assert_eq!(client.value("SELECT count(*) FROM witness"), "6");

    // An error while the run works as the owner: the caller is itself again.
    client.run("ALTER TABLE part ADD CHECK (id < 2)").ok("a check");
    write("part.parquet", "id int64, job_id int64", "2 | 1");
    assert_eq!(calls::call(&mut client, "sync_job('jobs')").0, "failed");
    assert_eq!(client.value("SELECT current_user"), "postgres");
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
    calls::refused(&mut client, "sync_phase('jobs')", "23505", &["job_id"]);
    client
        .run(
            "CREATE CONSTRAINT TRIGGER later AFTER INSERT ON part DEFERRABLE INITIALLY DEFERRED
             FOR EACH ROW EXECUTE FUNCTION try_it()",
        )
        .ok("a deferred trigger");
    file(&["1 | 1", "2 | ~"]);
    calls::refused(&mut client, "sync_phase('jobs')", "42501", &["deferred trigger"]);
    client.run("DROP TRIGGER later ON part").ok("without it");

    // One phase of two owners, and a partition of another's.
    let both = plan(true).replace(
        &table("other"),
        &format!("{}, {}", table("other"), table("witness").replace("replace", "upsert")),
    );
    client.run("ALTER TABLE witness ADD PRIMARY KEY (who, attempt)").ok("a key");
    write("witness.parquet", "who text, attempt text, outcome text", "a | b | c");
    load(&mut client, &both);
    calls::refused(
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
    calls::refused(&mut client, "sync_phase('mixed')", "42501", &["belongs to role \"sec_other\""]);
}

/// A restore does as a sync does, over all phases that it writes.
#[test]
fn a_superuser_restores_another_roles_tables_as_that_role_or_not_at_all() {
    let root = in_use::folder("owned_restore");
    server().new_database("owned_restore");
    let mut client = Client::postgres("owned_restore");
    client.run(OWNED).ok("tables of two roles");
    let load = |client: &mut Client, jobs: bool, mixed: bool| {
        let plan = format!(
            r#"{{"version": 1, "phases": [
                {{"name": "jobs", "run_as_owner": {jobs}, "tables": [{{"table": "job"}}, {{"table": "part"}}]}},
                {{"name": "mixed", "run_as_owner": {mixed}, "tables": [{{"table": "other"}}]}}]}}"#
        );
        fs::write(root.join("plan.json"), plan).expect("the plan");
        calls::call(client, &format!("load_plan('{}/plan.json')", root.display())).1.ok("the plan");
    };
    load(&mut client, false, false);
    client
        .run(
            "ALTER TABLE job DISABLE TRIGGER try_it;
             INSERT INTO job VALUES (1, 'paint'); INSERT INTO part VALUES (1, 1); INSERT INTO other VALUES (1)",
        )
        .ok("rows");
    let archive = root.join("b.tar");
    calls::call(&mut client, &format!("export_backup('{}')", archive.display())).1.ok("the backup");
    client.run("DELETE FROM part; DELETE FROM job; ALTER TABLE job ENABLE TRIGGER try_it").ok("no rows");
    let restore = |options: &str| format!("import_backup('{}', 'overwrite'{options})", archive.display());
    let jobs = ", phases => ARRAY['jobs']";
    let hint = "set \"run_as_owner\" for the phase, or call it as a role that is no superuser";
    for more in ["", ", dry_run => true", ", rehearse => true"] {
        let parts = ["belongs to role \"sec_app\"", "a superuser's rights", hint];
        calls::refused(&mut client, &restore(&format!("{jobs}{more}")), "42501", &parts);
    }
    assert_eq!(client.value("SELECT count(*) FROM witness"), "0", "no trigger ran");

    load(&mut client, true, false);
    let path = client.value("SHOW search_path");
    // Of two phases each must say it, and they must be of one owner.
    calls::refused(&mut client, &restore(""), "42501", &["belongs to role", hint]);
    calls::call(&mut client, &restore(jobs)).1.ok("as the owner");
    assert_eq!(client.value("SELECT count(*) FROM job JOIN part ON job_id = job.id"), "1");
    assert_eq!(client.value(ATTEMPTS), ["sec_app 42501"; 6].join(", "), "denied");
    assert_eq!(client.value("SELECT current_user || ' ' || session_user"), "postgres postgres");
    assert_eq!(client.value("SHOW search_path"), path, "what a trigger set is undone");
    let (report, _) = calls::call(&mut client, &restore(jobs));
    assert!(report.as_array().expect("a report").iter().all(|row| row["unchanged"] == 1), "{report}");
    assert_eq!(client.value("SELECT count(*) FROM witness"), "6", "the second run wrote nothing");
    load(&mut client, true, true);
    let both = ["more than one role", "\"sec_app\"", "\"sec_other\""];
    calls::refused(&mut client, &restore(""), "0A000", &both);
}
