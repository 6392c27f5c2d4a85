//! Backups that go from one kind of database to the other and back.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use cutover_tests::canonical::{self, Dump};
use cutover_tests::client::Client;
use cutover_tests::postgres::server;
use cutover_tests::{Db, all_types, calls, home, hostile};

/// A database of either kind, with a folder for files that both can read.
struct Side {
    client: Client,
    root: PathBuf,
}

impl Side {
    fn new(db: Db, name: &str) -> Side {
        let root = server().files.join(format!("{name}-{}", db.name()));
        fs::create_dir_all(&root).expect("a folder");
        fs::set_permissions(&root, fs::Permissions::from_mode(0o777)).expect("its mode can be set");
        let client = match db {
            Db::Postgres => {
                server().new_database(name);
                Client::postgres(name)
            }
            Db::Sqlite => Client::sqlite(&root.join("database.sqlite")),
        };
        Side { client, root }
    }

    fn sql(&mut self, sql: &str) {
        self.client.run(sql).ok(sql);
    }

    fn call(&mut self, written: &str) -> serde_json::Value {
        let (value, answer) = calls::call(&mut self.client, written);
        answer.ok(written);
        value
    }

    /// Loads a plan.
    fn plan(&mut self, plan: &str) {
        let path = self.root.join("plan.json");
        fs::write(&path, plan).expect("the plan");
        self.call(&format!("load_plan('{}')", path.display()));
    }

    /// Exports everything and answers the archive, which any user can read.
    fn export(&mut self) -> PathBuf {
        let path = self.root.join("b.tar.zst");
        self.call(&format!("export_backup('{}', overwrite => true)", path.display()));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("its mode can be set");
        path
    }

    /// Imports an archive: per table (rows, inserted).
    fn import(&mut self, archive: &std::path::Path, mode: &str) -> Vec<(i64, i64)> {
        let report = self.call(&format!("import_backup('{}', '{mode}')", archive.display()));
        let rows = report.as_array().expect("a report").iter();
        let count = |row: &serde_json::Value, name: &str| row[name].as_i64().expect("a count");
        rows.map(|row| (count(row, "staged"), count(row, "inserted"))).collect()
    }

    /// The rows of a query, as both databases show them.
    fn rows(&mut self, sql: &str) -> Vec<Vec<String>> {
        let rows = self.client.run(sql).ok(sql);
        let shown = |cell: Option<String>| cell.unwrap_or_else(|| canonical::NULL.to_owned());
        rows.into_iter().map(|row| row.into_iter().map(shown).collect()).collect()
    }

    fn table(&mut self, name: &str) -> Dump {
        let tables = canonical::user_tables(&mut self.client);
        tables.into_iter().find(|t| t.table == name).expect("the table")
    }
}

/// Values of every type leave one database, arrive in the other, and come back as they were.
fn every_type(from: Db, to: Db) {
    let name = format!("types_from_{}", from.name());
    let (mut here, mut there) = (Side::new(from, &name), Side::new(to, &name));
    let plan =
        r#"{"version": 1, "phases": [{"name": "all", "tables": [{"table": "one", "external_id": "id"}]}]}"#;
    for side in [&mut here, &mut there] {
        let file = side.root.join("all.parquet");
        all_types::write(&file);
        side.call(&format!("import_parquet('{}', target => 'one')", file.display()));
        side.sql("CREATE UNIQUE INDEX one_id ON one (id)");
        side.plan(plan);
    }
    let before = here.table("one");
    assert_eq!(before.rows.len(), 3);
    there.sql("DELETE FROM one");
    let archive = here.export();
    assert_eq!(there.import(&archive, "init"), [(3, 3)]);
    assert_eq!(there.table("one"), before, "{from:?} to {to:?}");
    assert_eq!(there.import(&archive, "overwrite"), [(3, 0)]);
    let back = there.export();
    here.sql("DELETE FROM one");
    assert_eq!(here.import(&back, "init"), [(3, 3)]);
    assert_eq!(here.table("one"), before, "{from:?} to {to:?} and back");
}

#[test]
fn every_type_goes_from_postgresql_to_sqlite_and_back() {
    every_type(Db::Postgres, Db::Sqlite);
}

#[test]
fn every_type_goes_from_sqlite_to_postgresql_and_back() {
    every_type(Db::Sqlite, Db::Postgres);
}

/// What a master holds, whatever the numbers of its rows.
const MASTER: &str = "
    INSERT INTO kind VALUES ('in', 'internal'), ('ex', 'external');
    INSERT INTO status (id, name, area) VALUES (70, 'new', 'events'), (71, 'new', 'tasks');
    INSERT INTO project (id, xmlid, name, kind, parent_id) VALUES (50, 'p-all', 'All', NULL, NULL), (51, 'p-web', 'Web', 'in', 50);
    UPDATE project SET parent_id = 51 WHERE id = 50;
    INSERT INTO event (id, xmlid, title, seats, project_id, status_id) VALUES (10, 'ev-1', 'Talk', 5, 51, 71), (12, 'ev-2', 'Walk', NULL, 50, 70);
    INSERT INTO event_note (id, event_id, note, author_id) VALUES (5, 10, 'bring cake', NULL), (6, 10, 'bring cake', NULL), (7, 12, 'boots', NULL);
    INSERT INTO event_place VALUES (10, 'hall', 5), (12, 'moor', NULL);";
/// What a slave has of its own, under the same numbers.
const SLAVE: &str = "
    INSERT INTO status (id, name, area) VALUES (70, 'old', 'events');
    INSERT INTO project (id, xmlid, name) VALUES (50, 'p-mine', 'Mine');
    INSERT INTO event (id, xmlid, title, project_id, status_id) VALUES (10, 'ev-0', 'Mine', 50, 70);
    INSERT INTO event_note (id, event_id, note) VALUES (5, 10, 'mine');
    INSERT INTO event_place VALUES (10, 'mine', 1);";
/// All that refers to something, by names instead of numbers.
const BY_NAME: [&str; 4] = [
    "SELECT p.xmlid, p.name, p.kind, m.xmlid FROM project p LEFT JOIN project m ON m.id = p.parent_id ORDER BY 1",
    "SELECT e.xmlid, e.title, e.seats, p.xmlid, s.name, s.area FROM event e LEFT JOIN project p ON p.id = e.project_id \
     LEFT JOIN status s ON s.id = e.status_id ORDER BY 1",
    "SELECT e.xmlid, n.note FROM event_note n JOIN event e ON e.id = n.event_id ORDER BY 1, 2",
    "SELECT e.xmlid, l.place, l.seats FROM event_place l JOIN event e ON e.id = l.event_id ORDER BY 1, 2",
];

fn shop(db: Db, name: &str, rows: &str) -> Side {
    let mut side = Side::new(db, name);
    let folder = home().join("tests/scenarios/import_backup");
    let read = |file: &str| fs::read_to_string(folder.join(file)).expect("a file of the scenario");
    side.sql(&read(&format!("schema.{}.sql", db.name())));
    side.plan(&read("plan.json"));
    side.sql(rows);
    side
}

/// A master is copied to a slave of the other kind that has rows of its own under the same numbers.
fn copied(from: Db, to: Db) {
    let name = format!("copied_from_{}", from.name());
    let (mut master, mut slave) = (shop(from, &name, MASTER), shop(to, &name, SLAVE));
    let own: Vec<_> = BY_NAME.map(|sql| slave.rows(sql)).into();
    let archive = master.export();
    slave.import(&archive, "overwrite");
    for (sql, own) in BY_NAME.iter().zip(own) {
        let mut wanted = master.rows(sql);
        wanted.extend(own);
        wanted.sort();
        assert_eq!(slave.rows(sql), wanted, "{sql}");
    }
    let written = |report: Vec<(i64, i64)>| report.iter().map(|(_, inserted)| inserted).sum::<i64>();
    assert_eq!(written(slave.import(&archive, "overwrite")), 0);
    // And back: the master gets what the slave had, and keeps its own.
    let archive = slave.export();
    master.import(&archive, "append");
    for sql in BY_NAME {
        assert_eq!(master.rows(sql), slave.rows(sql), "{sql}");
    }
}

#[test]
fn a_master_in_postgresql_is_copied_to_a_slave_in_sqlite() {
    copied(Db::Postgres, Db::Sqlite);
}

#[test]
fn a_master_in_sqlite_is_copied_to_a_slave_in_postgresql() {
    copied(Db::Sqlite, Db::Postgres);
}

/// Archives that no export makes are told by their SQLSTATE, and nothing of them arrives.
#[test]
fn hostile_archives_change_nothing() {
    for db in [Db::Postgres, Db::Sqlite] {
        let mut side = Side::new(db, "hostile_archives");
        side.sql(match db {
            Db::Postgres => {
                "CREATE TABLE projects (id serial PRIMARY KEY, xmlid text UNIQUE, name text);
                 CREATE TABLE events (id serial PRIMARY KEY, xmlid text UNIQUE, name text, project_id integer REFERENCES projects)"
            }
            Db::Sqlite => {
                "CREATE TABLE projects (id integer PRIMARY KEY, xmlid text UNIQUE, name text);
                 CREATE TABLE events (id integer PRIMARY KEY, xmlid text UNIQUE, name text, project_id integer REFERENCES projects)"
            }
        });
        side.sql("INSERT INTO projects (xmlid, name) VALUES ('p1', 'mine')");
        side.plan(
            r#"{"version": 1, "phases": [{"name": "p", "tables": [
                {"table": "projects", "external_id": "xmlid"}, {"table": "events", "external_id": "xmlid"}]}]}"#,
        );
        let folder = side.root.join("archives");
        fs::create_dir_all(&folder).expect("a folder");
        let mut refused = 0;
        for case in hostile::cases(&folder).into_iter().filter(|case| case.code != "ok") {
            let before = canonical::all_tables(&mut side.client);
            let call = format!("import_backup('{}', 'overwrite')", case.path.display());
            let (_, answer) = calls::call(&mut side.client, &call);
            let code = answer.error.as_ref().map_or("ok", |error| error.code.as_str());
            assert_eq!(code, case.code, "{db:?}: {}: {}", case.what, answer.said);
            assert_eq!(before, canonical::all_tables(&mut side.client), "{db:?}: {}", case.what);
            refused += 1;
        }
        assert!(refused > 50, "{refused}");
    }
}
