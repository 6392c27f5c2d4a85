//! Jobs under a real scheduler, pg_cron: set up by the very statements of the README, as a role with the
//! rights that it grants there and no others.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use cutover_tests::client::Client;
use cutover_tests::postgres::Server;
use cutover_tests::{calls, files, home};

/// The scheduler's finest step is a minute: two of them, and time to work.
const PATIENCE: Duration = Duration::from_secs(150);

/// Every job leaves its answer in table `answer`, once per tick.
const SCHEMA: &str = "
    CREATE EXTENSION pg_cron;
    CREATE EXTENSION cutover;
    CREATE TABLE clients (id integer PRIMARY KEY, name text);
    CREATE TABLE jobs (id integer PRIMARY KEY, name text);
    CREATE TABLE orders (id integer PRIMARY KEY, name text);
    CREATE TABLE notes (id integer PRIMARY KEY, name text);
    CREATE TABLE there (id integer PRIMARY KEY, name text);
    CREATE TABLE answer (answer_id integer GENERATED ALWAYS AS IDENTITY, job text, tick timestamptz, said text);
    -- Long enough that another job meets it, whichever begins first.
    CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN PERFORM pg_sleep(5); RETURN NEW; END$$;
    CREATE TRIGGER slow BEFORE INSERT OR UPDATE ON jobs FOR EACH ROW EXECUTE FUNCTION slow();
    CREATE ROLE loader LOGIN;
    GRANT SELECT, INSERT, UPDATE, DELETE ON clients, jobs, orders, notes, there, answer TO loader;";

/// The statements of the README's section about schedules that begin with `verb`.
fn from_readme(verb: &str) -> Vec<String> {
    let readme = fs::read_to_string(home().join("README.md")).expect("the README");
    let (_, section) = readme.split_once("## On a schedule").expect("its section");
    let section = section.split("\n## ").next().unwrap_or_default();
    let lines = section.lines().filter_map(|line| line.strip_prefix("    "));
    let found: Vec<String> = lines.filter(|line| line.starts_with(verb)).map(str::to_owned).collect();
    assert!(!found.is_empty(), "the README schedules nothing by {verb}");
    found
}

fn plan(client: &mut Client, root: &Path) {
    let phase = |name: &str, more: &str| {
        format!(
            r#"{{"name": "{name}", "tables": [{{"table": "{name}", "source": {{"parquet": "{name}.parquet"}}, "write": "replace"{more}}}]}}"#
        )
    };
    let plan = format!(
        r#"{{"version": 1, "root": "{}", "phases": [{}, {}, {}, {}]}}"#,
        root.display(),
        phase("clients", ""),
        phase("jobs", ""),
        phase("orders", ""),
        phase("notes", r#", "track": true, "push_to": "there""#)
    );
    fs::write(root.join("plan.json"), plan).expect("the plan can be written");
    calls::call(client, &format!("load_plan('{}/plan.json')", root.display())).1.ok("the plan");
}

/// The answers of the first tick after number `after`, by job; waits until all jobs have answered.
fn tick(client: &mut Client, after: usize, jobs: usize) -> BTreeMap<String, String> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let rows =
            client.run(&format!("SELECT job, said FROM answer WHERE answer_id > {after}")).ok("answers");
        let texts = rows.iter().map(|r| (r[0].clone().unwrap_or_default(), r[1].clone().unwrap_or_default()));
        let answers: BTreeMap<String, String> = texts.collect();
        if answers.len() == jobs {
            return answers;
        }
        if Instant::now() > deadline {
            let details = client.run("SELECT command, status, return_message FROM cron.job_run_details").rows;
            panic!("only these jobs answered: {answers:?}\n{details:?}");
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn rows(client: &mut Client, sql: &str) -> Vec<String> {
    let text = |row: &Vec<Option<String>>| {
        row.iter().map(|c| c.as_deref().unwrap_or("~")).collect::<Vec<_>>().join(" | ")
    };
    client.run(sql).ok(sql).iter().map(text).collect()
}

#[test]
fn jobs_overlap_fail_and_go_on_under_pg_cron() {
    let server = Server::start(
        "-c shared_preload_libraries=pg_cron -c cron.use_background_workers=on -c max_worker_processes=20",
    );
    let root = server.files.join("jobs");
    fs::create_dir_all(&root).expect("a folder");
    fs::set_permissions(&root, fs::Permissions::from_mode(0o777)).expect("its mode can be set");
    for name in ["clients", "jobs"] {
        files::write(&root.join(format!("{name}.parquet")), "id int64, name text", &["1 | Ann".to_owned()]);
    }
    files::damage(&root, "orders.parquet", "garbage");

    let mut client = Client::on(&server, "postgres");
    client.run(SCHEMA).ok("pg_cron (tests/setup.sh cron installs it) and tables");
    for grant in from_readme("GRANT") {
        client.run(&grant).ok(&grant);
    }
    plan(&mut client, &root);

    // The statement as it stands, then with what only the test needs: every minute, and the answer kept.
    client.run("SET ROLE loader").ok("the role of the jobs");
    let written = from_readme("SELECT cron.schedule").remove(0);
    client.run(&format!("BEGIN; {written}; ROLLBACK")).ok(&written);
    for (job, phase) in
        [("clients", "clients"), ("jobs", "jobs"), ("jobs again", "jobs"), ("orders", "orders")]
    {
        let schedule = written.replace("'sync jobs'", &format!("'{job}'")).replace("*/10", "*").replace(
            "SELECT cutover.sync_job('jobs')",
            &format!(
                "INSERT INTO answer (job, tick, said) SELECT '{job}', now(), cutover.sync_job('{phase}')"
            ),
        );
        client.run(&schedule).ok(&schedule);
    }
    let push = from_readme("SELECT cron.schedule").remove(1);
    let said = "SELECT cutover.push_changes('jobs')";
    assert!(push.contains(said), "{push}");
    let counted = "INSERT INTO answer (job, tick, said) SELECT 'push', now(), count(*) FROM cutover.push_changes('notes')";
    let schedule = push.replace("'push jobs'", "'push'").replace("5-59/10", "*").replace(said, counted);
    client.run(&schedule).ok(&schedule);
    client.run("RESET ROLE; INSERT INTO notes VALUES (1, 'made here')").ok("back");

    let answers = tick(&mut client, 0, 5);
    assert_eq!(answers["push"], "1");
    assert_eq!(rows(&mut client, "SELECT id, name FROM there"), ["1 | made here"]);
    assert_eq!(answers["clients"], "ok");
    let mut overlapping = [answers["jobs"].as_str(), answers["jobs again"].as_str()];
    overlapping.sort_unstable();
    assert_eq!(overlapping, ["ok", "skipped"], "one of two runs of a phase goes on, the other is left out");
    assert_eq!(answers["orders"], "failed");
    let status =
        "SELECT phase, last_success IS NULL, last_sqlstate, failures_in_a_row FROM cutover.phase_status";
    assert_eq!(
        rows(&mut client, status),
        ["clients | f | ~ | 0", "jobs | f | ~ | 0", "orders | t | 22P04 | 1", "notes | t | ~ | 0"]
    );
    let log = "SELECT phase, status, called_by FROM cutover.run ORDER BY phase, status";
    assert_eq!(
        rows(&mut client, log),
        ["clients | ok | loader", "jobs | ok | loader", "notes | ok | loader", "orders | failed | loader"],
        "a skipped run leaves no trace, a failed one does"
    );
    let scheduler = "SELECT DISTINCT status FROM cron.job_run_details WHERE end_time IS NOT NULL";
    assert_eq!(rows(&mut client, scheduler), ["succeeded"], "a failed sync is no failed job");

    // The source is mended: the next tick finds it, and has nothing to write elsewhere.
    files::write(&root.join("orders.parquet"), "id int64, name text", &["7 | order".to_owned()]);
    client.run("UPDATE notes SET name = 'changed here'").ok("a change");
    let mut answers = tick(&mut client, 5, 5);
    assert_eq!(answers.remove("push").as_deref(), Some("1"));
    assert_eq!(rows(&mut client, "SELECT id, name FROM there"), ["1 | changed here"]);
    let said: Vec<&str> = answers.values().map(String::as_str).collect();
    assert!(said.iter().all(|said| ["ok", "skipped"].contains(said)), "{answers:?}");
    assert_eq!(answers["orders"], "ok");
    assert_eq!(
        rows(&mut client, status),
        ["clients | f | ~ | 0", "jobs | f | ~ | 0", "orders | f | 22P04 | 0", "notes | t | ~ | 0"]
    );
    assert_eq!(rows(&mut client, "SELECT id, name FROM orders"), ["7 | order"]);
    let written = "SELECT table_name, inserted, unchanged FROM cutover.last_report WHERE phase = 'clients'";
    assert_eq!(rows(&mut client, written), ["clients | 0 | 1"]);
}
