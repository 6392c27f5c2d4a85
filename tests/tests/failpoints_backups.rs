//! Backups that are taken in, killed and cancelled at every failpoint: before or after, never between.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use cutover_tests::failpoints::Target;
use cutover_tests::{Db, calls, home};

/// Every kind of table that a backup knows, in two phases.
const ROWS: &str = "
    INSERT INTO kind VALUES ('in', 'internal');
    INSERT INTO status (id, name, area) VALUES (7, 'new', 'events');
    INSERT INTO project (id, xmlid, name, kind) VALUES (5, 'p-all', 'All', 'in'), (6, 'p-web', 'Web', 'in');
    UPDATE project SET parent_id = 5 WHERE id = 6;
    INSERT INTO event (id, xmlid, title, project_id, status_id) VALUES (1, 'ev-1', 'Talk', 6, 7), (2, 'ev-2', 'Walk', 5, 7);
    INSERT INTO event_note (event_id, note) VALUES (1, 'cake'), (1, 'cake'), (2, 'boots');
    INSERT INTO event_place VALUES (1, 'hall', 5), (2, 'moor', NULL);";
/// What happens after the backup, and is undone by taking it in.
const LATER: &str = "
    DELETE FROM event_note WHERE id = 1;
    INSERT INTO event_note (event_id, note) VALUES (2, 'umbrella');
    UPDATE event_place SET seats = 6 WHERE place = 'hall';
    INSERT INTO event_place VALUES (2, 'bog', 1);
    UPDATE project SET name = 'Everything' WHERE id = 5;
    UPDATE event SET project_id = NULL WHERE id = 1;";

/// Strikes a restore at each of its moments.
fn struck(db: Db, signal: &str) {
    let name = format!("restore_{}", signal.to_lowercase());
    let target = Target::new(db, &name);
    let twin = target.twin();
    let folder = home().join("tests/scenarios/import_backup");
    let read = |file: &str| fs::read_to_string(folder.join(file)).expect("a file of the scenario");
    let plan = target.root.join("plan.json");
    fs::write(&plan, read("plan.json")).expect("the plan");
    let archive = target.root.join("b.tar.gz");
    for client in [&mut target.client(), &mut twin.client()] {
        client.run(&read(&format!("schema.{}.sql", db.name()))).ok("the tables");
        calls::call(client, &format!("load_plan('{}')", plan.display())).1.ok("the plan");
        client.run(ROWS).ok("rows");
        let export = format!("export_backup('{}', overwrite => true)", archive.display());
        calls::call(client, &export).1.ok(&export);
        client.run(LATER).ok("rows");
    }
    fs::set_permissions(&archive, fs::Permissions::from_mode(0o644)).expect("its mode can be set");
    let call = format!("import_backup('{}', 'overwrite')", archive.display());
    let moments = twin.call(&call).passed;
    assert!(moments.len() > 4, "{moments:?}");
    // A server that is killed takes long to come back, and is killed once for each name.
    target.strike_each(signal, signal == "SIGKILL", &call, &moments, 0, &mut |_, _, _| {});
    calls::call(&mut target.client(), &call).1.ok(&call);
    let rows = "SELECT e.xmlid, n.note FROM event_note n JOIN event e ON e.id = n.event_id ORDER BY 1, 2";
    let found = target.client().run(rows).ok(rows);
    assert_eq!(found, twin.client().run(rows).ok(rows));
    assert_eq!(found.len(), 3);
}

#[test]
fn a_restore_is_killed_in_postgresql() {
    struck(Db::Postgres, "SIGKILL");
}

#[test]
fn a_restore_is_killed_in_sqlite() {
    struck(Db::Sqlite, "SIGKILL");
}

#[test]
fn a_restore_is_cancelled_in_postgresql() {
    struck(Db::Postgres, "SIGINT");
}

#[test]
fn a_restore_is_cancelled_in_sqlite() {
    struck(Db::Sqlite, "SIGINT");
}
