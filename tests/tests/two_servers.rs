//! Two PostgreSQL servers, a desktop and a cloud, that know each other by postgres_fdw.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use cutover_tests::client::{Answer, Client};
use cutover_tests::postgres::{Server, server};
use cutover_tests::{calls, files};

/// What the tables of both sides look like: rows say where they come from.
const TABLES: &str = "CREATE TABLE clients (id integer PRIMARY KEY, name text NOT NULL, source text);
    CREATE TABLE jobs (id integer PRIMARY KEY, client_id integer REFERENCES clients, hours numeric(6,2) CHECK (hours >= 0), source text)";

/// Two sides of one name, each a database with the tables of the desktop or the cloud.
struct Sides {
    desktop: Client,
    cloud: Client,
    root: PathBuf,
    name: String,
}

impl Sides {
    fn new(cloud: &Server, name: &str) -> Sides {
        server().new_database(name);
        cloud.new_database(name);
        let root = server().files.join(name);
        fs::create_dir_all(&root).expect("a folder");
        fs::set_permissions(&root, fs::Permissions::from_mode(0o777)).expect("its mode can be set");
        let (desktop, cloud) = (Client::postgres(name), Client::on(cloud, name));
        Sides { desktop, cloud, root, name: name.to_owned() }
    }

    /// Makes the other side's tables foreign tables of one side, in schema `there`.
    fn connect(&mut self, cloud: &Server, from_desktop: bool) {
        let (client, other) =
            if from_desktop { (&mut self.desktop, cloud) } else { (&mut self.cloud, server()) };
        let made = format!(
            "CREATE EXTENSION postgres_fdw; CREATE SCHEMA there;
             CREATE SERVER other FOREIGN DATA WRAPPER postgres_fdw
                 OPTIONS (host '{}', port '5432', dbname '{}', fetch_size '10000', batch_size '1000');
             CREATE USER MAPPING FOR CURRENT_USER SERVER other OPTIONS (user 'postgres');
             IMPORT FOREIGN SCHEMA public LIMIT TO (clients, jobs) FROM SERVER other INTO there",
            other.host, self.name
        );
        client.run(&made).ok("the foreign tables");
    }

    /// The desktop writes its files into the cloud's tables.
    fn uploading(cloud: &Server, name: &str) -> Sides {
        let mut sides = Sides::new(cloud, name);
        sides.cloud.run(TABLES).ok("tables");
        sides.connect(cloud, true);
        sides.file("clients.parquet", "id int32, name text", &["1 | Ann", "2 | Bob", "3 | Cid"]);
        sides.file(
            "jobs.parquet",
            "id int32, client_id int32, hours decimal(6,2)",
            &["10 | 1 | 1.50", "11 | 2 | 2.00"],
        );
        let origin = r#""origin": {"column": "source", "imported": "D", "local": "M"}"#;
        let plan = format!(
            r#"{{"version": 1, "root": "{}", "phases": [{{"name": "up", "tables": [
                {{"table": "there.clients", "source": {{"parquet": "clients.parquet"}}, "write": "replace", "primary_key": ["id"], {origin}}},
                {{"table": "there.jobs", "source": {{"parquet": "jobs.parquet"}}, "write": "upsert", "primary_key": ["id"], {origin}}}]}}]}}"#,
            sides.root.display()
        );
        call(&mut sides.desktop, &format!("load_plan($${plan}$$)")).ok("the plan");
        sides
    }

    fn file(&self, name: &str, columns: &str, rows: &[&str]) {
        let rows: Vec<String> = rows.iter().map(|row| (*row).to_owned()).collect();
        files::write(&self.root.join(name), columns, &rows);
    }

    /// What the cloud's tables hold.
    fn cloud_rows(&mut self) -> String {
        let clients = text(&mut self.cloud, "SELECT * FROM clients ORDER BY id");
        clients + &text(&mut self.cloud, "SELECT * FROM jobs ORDER BY id")
    }

    /// What the desktop's log knows: runs, and what is quarantined.
    fn log(&mut self) -> String {
        text(&mut self.desktop, "SELECT run_id, status FROM cutover.run ORDER BY run_id")
    }
}

/// Waits until a session of this database waits for a lock.
fn waits_for_a_lock(client: &mut Client) {
    let deadline = Instant::now() + Duration::from_secs(30);
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";
    while text(client, waiting) != "1\n" {
        assert!(Instant::now() < deadline, "the other session never waits");
        thread::sleep(Duration::from_millis(20));
    }
}

fn call(client: &mut Client, written: &str) -> Answer {
    calls::call(client, written).1
}

/// The counts of a report that are not 0, per table.
fn reported(client: &mut Client, written: &str) -> String {
    let (report, answer) = calls::call(client, written);
    answer.ok(written);
    let kinds = ["staged", "inserted", "updated", "unchanged", "deleted", "preserved"];
    let line = |row: &serde_json::Value| {
        let counts =
            kinds.iter().filter(|kind| row[**kind] != 0).map(|kind| format!("{kind} {}", row[*kind]));
        format!(
            "{}: {}",
            row["table_name"].as_str().unwrap_or_default(),
            counts.collect::<Vec<_>>().join(", ")
        )
    };
    report.as_array().expect("rows").iter().map(line).collect::<Vec<_>>().join("\n")
}

fn text(client: &mut Client, query: &str) -> String {
    let rows = client.run(query).ok(query);
    let cells = |row: &Vec<Option<String>>| {
        row.iter().map(|c| c.as_deref().unwrap_or("~")).collect::<Vec<_>>().join(" | ")
    };
    rows.iter().map(|row| cells(row) + "\n").collect()
}

#[test]
fn the_cloud_reads_the_desktop() {
    let cloud = Server::start("");
    let mut sides = Sides::new(&cloud, "downloading");
    sides.desktop.run(TABLES).ok("tables");
    sides.cloud.run(TABLES).ok("tables");
    sides.connect(&cloud, false);
    sides
        .desktop
        .run(
            "INSERT INTO clients SELECT n, 'client ' || n, 'D' FROM generate_series(1, 25000) n;
        INSERT INTO jobs SELECT n, n, 1.5, 'D' FROM generate_series(1, 25000) n",
        )
        .ok("rows");
    let plan = r#"{"version": 1, "phases": [{"name": "down", "tables": [
        {"table": "clients", "source": {"table": "there.clients"}, "write": "replace", "origin": {"column": "source", "imported": "D", "local": "M"}},
        {"table": "jobs", "source": {"query": "SELECT * FROM there.jobs WHERE hours > 0"}, "write": "replace", "origin": {"column": "source", "imported": "D", "local": "M"}}]}]}"#;
    call(&mut sides.cloud, &format!("load_plan($${plan}$$)")).ok("the plan");
    sides.cloud.run("INSERT INTO clients VALUES (100000, 'made in the cloud', 'M')").ok("a row");
    assert_eq!(
        reported(&mut sides.cloud, "sync_phase('down')"),
        "clients: staged 25000, inserted 25000\njobs: staged 25000, inserted 25000"
    );
    sides.desktop.run("UPDATE jobs SET hours = 2 WHERE id = 7; DELETE FROM jobs WHERE id = 8").ok("changes");
    assert_eq!(
        reported(&mut sides.cloud, "sync_phase('down')"),
        "clients: staged 25000, unchanged 25000\njobs: staged 24999, updated 1, unchanged 24998, deleted 1"
    );
    assert_eq!(text(&mut sides.cloud, "SELECT name FROM clients WHERE source = 'M'"), "made in the cloud\n");
}

#[test]
fn the_desktop_writes_the_cloud_and_a_failure_there_undoes_all() {
    let cloud = Server::start("");
    let mut sides = Sides::uploading(&cloud, "uploading");
    sides.cloud.run("INSERT INTO clients VALUES (900, 'made in the cloud', 'M')").ok("a row");
    assert_eq!(
        reported(&mut sides.desktop, "sync_phase('up')"),
        "there.clients: staged 3, inserted 3\nthere.jobs: staged 2, inserted 2"
    );
    let versions = "SELECT xmin, * FROM clients ORDER BY id";
    let before = text(&mut sides.cloud, versions);
    assert_eq!(
        reported(&mut sides.desktop, "sync_phase('up')"),
        "there.clients: staged 3, unchanged 3\nthere.jobs: staged 2, unchanged 2"
    );
    assert_eq!(text(&mut sides.cloud, versions), before, "what is right is not written again");

    // The clients are written before the jobs, whose constraint only the cloud knows.
    sides.file("clients.parquet", "id int32, name text", &["1 | Anna", "2 | Bob"]);
    sides.file("jobs.parquet", "id int32, client_id int32, hours decimal(6,2)", &["11 | 2 | -2.00"]);
    let (rows, log) = (sides.cloud_rows(), sides.log());
    let refused = call(&mut sides.desktop, "sync_phase('up')").error.expect("an error");
    assert_eq!(refused.code, "23514", "{}", refused.text);
    assert_eq!((sides.cloud_rows(), sides.log()), (rows, log), "both sides are as before");

    sides.file("jobs.parquet", "id int32, client_id int32, hours decimal(6,2)", &["11 | 2 | 2.50"]);
    assert_eq!(
        reported(&mut sides.desktop, "sync_phase('up')"),
        "there.clients: staged 2, updated 1, unchanged 1, deleted 1\nthere.jobs: staged 1, updated 1"
    );
}

/// The other side's writers are not held back: whoever comes first wins, and the run says so.
#[test]
fn a_row_that_changes_there_meanwhile_is_40001() {
    let cloud = Server::start("");
    let mut sides = Sides::uploading(&cloud, "overtaken");
    reported(&mut sides.desktop, "sync_phase('up')");
    sides.file("clients.parquet", "id int32, name text", &["1 | Ann", "2 | Bobby", "3 | Cid"]);
    let mut writer = Client::on(&cloud, "overtaken");
    writer.run("BEGIN; UPDATE clients SET name = 'Robert' WHERE id = 2").ok("a writer");
    let log = sides.log();
    let mut syncer = Client::postgres("overtaken");
    let run = thread::spawn(move || call(&mut syncer, "sync_phase('up')"));
    waits_for_a_lock(&mut sides.cloud);
    writer.run("COMMIT").ok("commit");
    let error = run.join().expect("the run ends").error.expect("an error");
    assert_eq!(error.code, "40001", "{}", error.text);
    assert_eq!(sides.log(), log);
    assert_eq!(text(&mut sides.cloud, "SELECT name FROM clients WHERE id = 2"), "Robert\n");
    assert!(
        reported(&mut sides.desktop, "sync_phase('up')")
            .starts_with("there.clients: staged 3, updated 1, unchanged 2")
    );
}

#[test]
fn a_cloud_that_goes_in_the_middle_leaves_the_desktop_as_it_was() {
    let cloud = Server::start("");
    let mut sides = Sides::uploading(&cloud, "lost");
    reported(&mut sides.desktop, "sync_phase('up')");
    let log = sides.log();
    sides.file("clients.parquet", "id int32, name text", &["1 | Anna", "2 | Bobby", "3 | Cid"]);
    let mut holder = Client::on(&cloud, "lost");
    holder.run("BEGIN; UPDATE clients SET name = name WHERE id = 2").ok("a lock");
    let mut syncer = Client::postgres("lost");
    let run = thread::spawn(move || (call(&mut syncer, "sync_phase('up')"), syncer));
    waits_for_a_lock(&mut sides.cloud);
    sides
        .cloud
        .run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
        .ok("terminated");
    let (answer, mut syncer) = run.join().expect("the run ends");
    assert!(["57P01", "08006"].contains(&answer.error.expect("an error").code.as_str()));
    holder.run("ROLLBACK").ok("rollback");
    assert_eq!(sides.log(), log);
    assert_eq!(text(&mut sides.cloud, "SELECT name FROM clients ORDER BY id"), "Ann\nBob\nCid\n");

    // The next run does what was to be done. Without the other server there is none, and a job says so.
    assert!(
        reported(&mut syncer, "sync_phase('up')")
            .starts_with("there.clients: staged 3, updated 2, unchanged 1")
    );
    let log = sides.log();
    cloud.crash();
    let gone = call(&mut syncer, "sync_phase('up')").error.expect("an error");
    assert!(gone.code.starts_with("08"), "{}: {}", gone.code, gone.text);
    assert_eq!(call(&mut syncer, "sync_job('up')").ok("a job")[0][0].as_deref(), Some("[\"failed\"]"));
    assert!(sides.log().starts_with(&log) && sides.log().contains("failed"));
}

/// What the phone changed in the cloud goes back to the desktop, whatever happens on the way.
#[test]
fn the_clouds_changes_go_back_to_the_desktop() {
    let cloud = Server::start("");
    let mut sides = Sides::new(&cloud, "back");
    sides.desktop.run(TABLES).ok("tables");
    sides.cloud.run(TABLES).ok("tables");
    sides.connect(&cloud, false);
    sides
        .desktop
        .run("INSERT INTO clients VALUES (1, 'Ann', 'D'), (2, 'Bob', NULL); INSERT INTO jobs VALUES (10, 1, 1.5, 'D'), (11, 2, 2, 'D')")
        .ok("rows");
    let origin = r#""origin": {"column": "source", "imported": "D", "local": "M", "null_is_imported": true}"#;
    let table = |name: &str| {
        format!(
            r#"{{"table": "{name}", "source": {{"table": "there.{name}"}}, "write": "replace", "track": true, "push_to": "there.{name}", {origin}}}"#
        )
    };
    let plan = format!(
        r#"{{"version": 1, "phases": [{{"name": "both", "tables": [{}, {}]}}]}}"#,
        table("clients"),
        table("jobs")
    );
    call(&mut sides.cloud, &format!("load_plan($${plan}$$)")).ok("the plan");
    assert_eq!(
        reported(&mut sides.cloud, "sync_phase('both')"),
        "clients: staged 2, inserted 2\njobs: staged 2, inserted 2"
    );
    sides
        .cloud
        .run("INSERT INTO clients VALUES (900, 'Phone'); INSERT INTO jobs VALUES (901, 900, 3); UPDATE clients SET name = 'Anna' WHERE id = 1; DELETE FROM jobs WHERE id = 11")
        .ok("work on the phone");

    // The desktop refuses one row: none is there, and all of them still wait.
    let theirs = "SELECT xmin, 'client', id, name, source FROM clients UNION ALL SELECT xmin, 'job', id, hours::text, source FROM jobs ORDER BY 2, 3";
    let ours = "SELECT table_name, row_key, op, batch FROM cutover.change ORDER BY 1, 2";
    sides
        .cloud
        .run("ALTER TABLE jobs DROP CONSTRAINT jobs_hours_check; UPDATE jobs SET hours = -3 WHERE id = 901")
        .ok("a bad row");
    let before = (text(&mut sides.desktop, theirs), text(&mut sides.cloud, ours));
    let refused = call(&mut sides.cloud, "push_changes('both')").error.expect("an error");
    assert_eq!(refused.code, "23514", "{}", refused.text);
    assert_eq!((text(&mut sides.desktop, theirs), text(&mut sides.cloud, ours)), before);
    sides.cloud.run("UPDATE jobs SET hours = 3 WHERE id = 901").ok("mended");

    // So does a connection that breaks while the rows are on their way.
    let mut holder = Client::postgres("back");
    holder.run("BEGIN; UPDATE clients SET name = name WHERE id = 1").ok("a lock");
    let mut pusher = Client::on(&cloud, "back");
    let push = thread::spawn(move || call(&mut pusher, "push_changes('both')"));
    waits_for_a_lock(&mut sides.desktop);
    sides
        .desktop
        .run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()")
        .ok("terminated");
    let error = push.join().expect("the push ends").error.expect("an error");
    assert!(["57P01", "08006"].contains(&error.code.as_str()), "{}: {}", error.code, error.text);
    holder.run("ROLLBACK").ok("rollback");
    assert_eq!((text(&mut sides.desktop, theirs), text(&mut sides.cloud, ours)), before);

    // What arrives is acknowledged in the same transaction.
    sides.cloud.run("CREATE TABLE kept AS SELECT * FROM cutover.change").ok("a copy");
    let pushed =
        "there.clients: staged 2, inserted 1, updated 1\nthere.jobs: staged 1, inserted 1, deleted 1";
    assert_eq!(reported(&mut sides.cloud, "push_changes('both')"), pushed);
    assert_eq!(
        text(&mut sides.desktop, "SELECT id, name, source FROM clients ORDER BY id"),
        "1 | Anna | M\n2 | Bob | ~\n900 | Phone | M\n"
    );
    assert_eq!(
        text(&mut sides.desktop, "SELECT id, client_id, source FROM jobs ORDER BY id"),
        "10 | 1 | D\n901 | 900 | M\n"
    );
    assert_eq!(text(&mut sides.cloud, ours), "");
    let came_back = "clients: staged 3, unchanged 1, preserved 2\njobs: staged 2, unchanged 1, preserved 1";
    assert_eq!(reported(&mut sides.cloud, "sync_phase('both')"), came_back);

    // Had the cloud been lost between the two commits, all of it would be delivered once more.
    let arrived = text(&mut sides.desktop, theirs);
    sides.cloud.run("INSERT INTO cutover.change SELECT * FROM kept").ok("as if it had not been acknowledged");
    assert_eq!(
        reported(&mut sides.cloud, "push_changes('both')"),
        "there.clients: staged 2, unchanged 2\nthere.jobs: staged 1, unchanged 1"
    );
    assert_eq!(text(&mut sides.desktop, theirs), arrived, "nothing is written twice");
    assert_eq!(reported(&mut sides.cloud, "sync_phase('both')"), came_back);
    assert_eq!(text(&mut sides.cloud, ours), "");
}
