//! The statements of a run, per dialect, against golden files: a change in what is sent to a
//! database shows up in review as text. `UPDATE_GOLDEN=1 cargo test` writes the files anew.

#[path = "golden/documents.rs"]
mod documents;
#[path = "golden/tables.rs"]
mod tables;

use std::fmt::Write as _;
use std::path::Path;

use cutover_core::catalog::{Address, Default, RelName, RelationKind, Table};
use cutover_core::plan;
use cutover_core::planner::{self, SourceShape, Task};
use cutover_core::session::Dialect;
use cutover_core::sql::{self, Holders, Known, Temps};
use tables::{column, table, tables, tasks, text};

/// All statements of a run, each under a line that says what it is.
fn statements(dialect: Dialect) -> String {
    let tasks = tasks(dialect);
    let temps: Vec<Temps> = tasks.iter().map(|t| Temps::of(dialect, t)).collect();
    let stubs = planner::Stubs::default();
    let known = Known { tasks: &tasks, temps: &temps, stubs: &stubs };
    let mut out = String::new();
    let mut add = |what: &str, statement: &sql::Sql| writeln!(out, "-- {what}\n{statement};\n").unwrap();
    for (index, (task, temp)) in tasks.iter().zip(&temps).enumerate() {
        let name = &task.name;
        for table in temp.all() {
            for statement in &table.create {
                add(&format!("{name}: make"), statement);
            }
        }
        add(&format!("{name}: duplicate keys"), &sql::duplicate_keys(dialect, task, temp, false));
        add(&format!("{name}: refuse duplicates"), &sql::refuse_duplicates(dialect, task, temp, true));
        for statement in sql::delete_losers(dialect, task, temp, true) {
            add(&format!("{name}: keep the last"), &statement);
        }
        add(&format!("{name}: find NULL"), &sql::find_nulls(task, temp, &task.key));
        add(&format!("{name}: refuse NULL"), &sql::refuse_nulls(task, temp, &task.key, "null_key"));
        let links: Vec<_> = task.references.iter().collect();
        if let [link] = links[..] {
            add(&format!("{name}: refuse"), &sql::refuse_missing(dialect, task, temp, &links, known));
            add(&format!("{name}: null"), &sql::null_missing(dialect, task, temp, link, known));
            add(&format!("{name}: find"), &sql::find_missing(dialect, temp, link, known));
        }
        add(&format!("{name}: compare"), &sql::compare(dialect, task, temp, false));
        add(&format!("{name}: retain"), &sql::retain_refused(dialect, task, temp));
        if let Some(mark) = task.protecting_mark() {
            let find = sql::find_conflicts(dialect, task, temp, mark).unwrap();
            add(&format!("{name}: local conflicts"), &find);
            let refuse = sql::refuse_conflicts(dialect, task, temp, mark).unwrap();
            add(&format!("{name}: refuse local conflicts"), &refuse);
            add(&format!("{name}: no longer preserved"), &sql::drop_preserved(task, temp));
        }
        for key in &task.target.referenced_by {
            let child = Some((&tasks[1], &temps[1]));
            add(
                &format!("{name}: referring"),
                &sql::count_referring(dialect, task, temp, key, &[(&tasks[1], &temps[1])]),
            );
            let unmark = sql::unmark_parents(dialect, (task, temp), child, key);
            add(&format!("{name}: no early delete"), &unmark);
        }
        if index == 0 {
            add(&format!("{name}: early"), &sql::mark_claimed(dialect, task, temp, &["email".to_owned()]));
            let uniques: Vec<_> = task.secondary_uniques().collect();
            let find = |holders| sql::find_unique_conflicts(dialect, task, temp, uniques[0], false, holders);
            add(&format!("{name}: conflicts"), &find(Holders::Staying));
            add(&format!("{name}: conflicts with retained rows"), &find(Holders::Retained));
            add(
                &format!("{name}: refuse conflicts"),
                &sql::refuse_unique_conflicts(dialect, task, temp, uniques[0], false, Holders::Staying),
            );
            let column = task.parking_column(uniques[0]).unwrap().to_owned();
            add(&format!("{name}: park"), &sql::park(dialect, task, temp, &uniques, &[column]));
            let late = Task { late: vec!["name".to_owned()], ..task.clone() };
            add(&format!("{name}: late insert"), &sql::insert(dialect, &late, temp, false));
            add(&format!("{name}: late references"), &sql::bind_late(&late, temp).unwrap());
            add(&format!("{name}: unlink"), &sql::unlink(dialect, &late, temp, 'd'));
            let children = [(&tasks[1], &temps[1])];
            let key = &task.target.referenced_by[0];
            let retain = sql::retain_referred(dialect, task, temp, key, &children);
            add(&format!("{name}: retain referred"), &retain);
            add(&format!("{name}: rewritten"), &sql::count_rewritten(dialect, task, temp).unwrap());
            let deferring = [Task { deferred: vec![key.clone()], ..late }];
            add(&format!("{name}: defer"), &sql::defer(dialect, &deferring, true).unwrap());
        }
        add(&format!("{name}: insert"), &sql::insert(dialect, task, temp, false));
        add(&format!("{name}: insert in pages"), &sql::insert(dialect, task, temp, true));
        add(&format!("{name}: last inserted"), &sql::last_inserted(temp));
        add(&format!("{name}: update"), &sql::update(dialect, task, temp).unwrap());
        add(&format!("{name}: delete"), &sql::delete(dialect, task, temp, 'd'));
        add(&format!("{name}: examples of refused rows"), &sql::example_entries(dialect, task, temp));
        add(&format!("{name}: forget in quarantine"), &sql::quarantine_forget(dialect, task, temp));
        let columns = sql::verified_columns(task);
        add(&format!("{name}: verify source"), &sql::verify_source(dialect, task, temp, &columns));
        add(&format!("{name}: verify target"), &sql::verify_target(dialect, task, temp, &columns));
        add(&format!("{name}: verify different"), &sql::verify_different(dialect, task, temp, 5));
        add(&format!("{name}: keep in quarantine"), &sql::quarantine_keep(dialect, task, temp));
    }
    out
}

/// The statements in which the ways to write differ: clients, whose key is generated here, by
/// `delete_insert`, and jobs listed twice.
fn ways(dialect: Dialect) -> String {
    let plan = plan::parse(
        r#"{"version": 1, "phases": [{"name": "jobs", "tables": [
            {"table": "clients", "source": {"parquet": "c"}, "write": "delete_insert", "merge_key": ["email"],
             "scope": ["name"], "origin": {"column": "imported", "imported": true, "local": false}},
            {"table": "odd \"jobs\"", "source": {"parquet": "a"}, "write": "upsert"},
            {"table": "odd \"jobs\"", "source": {"parquet": "b"}, "write": "upsert", "on_missing_column": "keep"}]}]}"#,
    )
    .unwrap();
    let (mut clients, jobs) = tables(dialect);
    clients.columns[0].default = Default::Serial(None);
    let all: &[&str] = &["client_id", "number", "_row", "note"];
    let sources: [&[&str]; 3] = [&["email", "name"], all, &["client_id", "number", "note"]];
    let planned = &plan.phases[0].tables;
    let tables = planned.iter().zip([clients, jobs.clone(), jobs]).zip(sources).enumerate();
    let tasks = tables.map(|(ordinal, ((planned, table), columns))| {
        planner::bind(ordinal, planned, table, Some(SourceShape { label: "file", columns }), &[]).unwrap()
    });
    let mut tasks: Vec<Task> = tasks.collect();
    planner::link(&mut tasks, planned, &|_: &RelName| None::<Table>).unwrap();
    planner::join_listings(&mut tasks).unwrap();
    let temps: Vec<Temps> = tasks.iter().map(|t| Temps::of(dialect, t)).collect();
    let stubs = planner::Stubs::default();
    let known = Known { tasks: &tasks, temps: &temps, stubs: &stubs };
    let mut out = String::new();
    for (task, temp) in tasks.iter().zip(&temps) {
        let mut statements = vec![("compare", sql::compare(dialect, task, temp, false))];
        match task.earlier.len() {
            0 if task.write.deletes() => {
                let mark = task.protecting_mark();
                statements.push(("imported rows", sql::count_imported(dialect, task, temp, mark)));
            }
            0 => statements.push(("find", sql::find_missing(dialect, temp, &task.references[0], known))),
            _ => {}
        }
        statements.push(("insert", sql::insert(dialect, task, temp, false)));
        statements.extend(sql::update(dialect, task, temp).map(|s| ("update", s)));
        for (what, statement) in statements {
            writeln!(out, "-- {}: {what}\n{statement};\n", task.entry).unwrap();
        }
    }
    out
}

/// What is sent to another server: clients as a foreign table.
fn foreign() -> String {
    let dialect = Dialect::Postgres;
    let plan = plan::parse(
        r#"{"version": 1, "phases": [{"name": "clients", "tables": [
            {"table": "clients", "source": {"parquet": "c"}, "write": "upsert", "primary_key": ["id", "email"]}]}]}"#,
    )
    .unwrap();
    let clients = tables(dialect).0;
    let clients =
        Table { kind: RelationKind::Foreign, address: Address::Key, uniques: Vec::new(), ..clients };
    let shape = SourceShape { label: "file", columns: &["id", "name", "email", "imported"] };
    let task = planner::bind(0, &plan.phases[0].tables[0], clients, Some(shape), &[]).unwrap();
    let temps = Temps::of(dialect, &task);
    let statements = [
        ("change set", temps.changes.create[0].clone()),
        ("keys", sql::find_unlike_key(dialect, &task, &temps, true)),
        ("compare", sql::compare(dialect, &task, &temps, true)),
        ("update", sql::update(dialect, &task, &temps).unwrap()),
        ("delete", sql::delete(dialect, &task, &temps, 'd')),
    ];
    statements.iter().map(|(what, statement)| format!("-- {what}\n{statement};\n\n")).collect()
}

/// What a restore does besides: clients, known by their email and told apart by a key that is made here,
/// and jobs as details of them.
fn restore(dialect: Dialect) -> String {
    let plan = plan::parse(
        r#"{"version": 1, "phases": [{"name": "jobs", "tables": [
            {"table": "clients", "source": {"parquet": "c"}, "write": "upsert", "primary_key": ["email"]},
            {"table": "odd \"jobs\"", "source": {"parquet": "j"}, "write": "replace", "scope": ["client_id"],
             "lookups": [{"set": "client_id", "table": "clients", "match": {"email": "_parent_email"}, "take": "id"}]}]}]}"#,
    )
    .unwrap();
    let (mut clients, jobs) = tables(dialect);
    let sequence = (dialect == Dialect::Postgres).then(|| "public.clients_id_seq".to_owned());
    clients.columns[0].default = Default::Serial(sequence);
    let planned = &plan.phases[0].tables;
    let wanted = [planner::Wanted {
        rule: planner::Rule::Match { lookup: 0, column: 0 },
        source: "_parent_email".to_owned(),
        ty: text(),
        sql_type: sql::type_name(dialect, &text()),
    }];
    let bind = |ordinal: usize, table: Table, columns: &[&str], wanted: &[planner::Wanted]| {
        let shape = SourceShape { label: "file", columns };
        planner::bind(ordinal, &planned[ordinal], table, Some(shape), wanted).unwrap()
    };
    let found = clients.clone();
    let mut tasks = vec![
        bind(0, clients, &["id", "name", "email", "imported"], &[]),
        bind(1, jobs, &["_parent_email", "number", "_row", "note"], &wanted),
    ];
    planner::link(&mut tasks, planned, &|_: &RelName| Some(found.clone())).unwrap();
    let [mut clients, mut jobs]: [Task; 2] = tasks.try_into().unwrap();
    clients.columns[0].from = planner::From::Assigned;
    let restored = |detail| {
        Some(planner::Restored { phase: "jobs".to_owned(), mode: planner::RestoreMode::Append, detail })
    };
    clients.restored = restored(None);
    let detail = planner::Detail {
        columns: vec!["client_id".to_owned()],
        parent: clients.target.id(),
        parent_columns: vec!["id".to_owned()],
        task: Some(Box::new(clients.clone())),
    };
    jobs.restored = restored(Some(detail.clone()));
    let temps = [Temps::of(dialect, &clients), Temps::of(dialect, &jobs)];
    let own = clients.own_key();
    let statements = [
        ("leave out what is there", sql::leave_out(&clients, &temps[0], true)),
        ("leave out what is not", sql::leave_out(&clients, &temps[0], false)),
        ("leave out details", sql::leave_out_details(&jobs, &temps[1], &detail).unwrap()),
        ("adopt", sql::adopt_keys(&clients, &temps[0], &own)),
        ("draw", sql::draw_keys(&clients, &temps[0], own[0], true)),
        ("compare details", sql::compare(dialect, &jobs, &temps[1], false)),
    ];
    statements.iter().map(|(what, statement)| format!("-- {what}\n{statement};\n\n")).collect()
}

/// What records local changes of both tables, sends them out and keeps imports from them.
fn changes(dialect: Dialect) -> String {
    let tasks = tasks(dialect);
    let mut out = String::new();
    let mut add = |what: &str, statement: &sql::Sql| writeln!(out, "-- {what}\n{statement};\n").unwrap();
    add("take", &sql::take_changes(dialect));
    add("keys of rows that are given back", &sql::returned_keys(dialect));
    for task in &tasks {
        let (name, temp) = (&task.name, Temps::of(dialect, task));
        let tracked = planner::tracked("jobs", &task.plan, task.target.clone()).unwrap();
        let part = ("public".to_owned(), format!("{name}_2"));
        for trigger in sql::track_triggers(dialect, &tracked, &[part]) {
            trigger.create.iter().for_each(|create| add(&format!("{name}: {}", trigger.name), create));
        }
        add(&format!("{name}: keep images"), &sql::keep_images(dialect, &tracked));
        let preserve = sql::preserve_changed(dialect, task, &temp, &tracked).unwrap();
        add(&format!("{name}: preserve"), &preserve);
        add(&format!("{name}: retain"), &sql::retain_changed(dialect, task, &temp, &tracked));
        if let Some(origin) = &tracked.origin {
            add(&format!("{name}: give back"), &sql::return_rows(dialect, &tracked, origin));
        }
        let kind = if dialect == Dialect::Postgres { RelationKind::Foreign } else { RelationKind::Table };
        let there = Table { schema: "there".to_owned(), kind, ..task.target.clone() };
        let pushed = planner::push(task.ordinal, &task.plan, "there", &tracked, there).unwrap();
        let gone = pushed.gone.as_ref().unwrap();
        let columns = planner::travelling(&task.plan, &tracked);
        add(&format!("{name}: changed rows"), &sql::changed_rows(dialect, &tracked, &columns));
        let keys = sql::gone_table(dialect, &pushed);
        add(&format!("{name}: gone"), &sql::fill_gone(dialect, gone, &keys));
        add(
            &format!("{name}: delete there"),
            &sql::delete_gone(dialect, &pushed, &temp, gone, (&keys, true)),
        );
    }
    out
}

/// What a backup reads: clients, who are known by their email, and their jobs as details.
fn backup(dialect: Dialect) -> String {
    let plan = plan::parse(
        r#"{"version": 1, "phases": [{"name": "a", "tables": [
            {"table": "clients", "external_id": "email", "namespace": "berlin"},
            {"table": "odd \"jobs\"", "parent": "clients"}]}]}"#,
    )
    .unwrap();
    let (clients, jobs) = tables(dialect);
    let planned = plan.phases[0].tables.iter().zip([clients.clone(), jobs]);
    let planned: Vec<_> = planned.map(|(plan, table)| planner::Planned { phase: "a", plan, table }).collect();
    let mut out = String::new();
    for planner::Planned { plan, .. } in &planned {
        let travel = planner::travel(&planned, &plan.table, &|_| Some(clients.clone())).unwrap();
        let mut add =
            |what: &str, sql: &sql::Sql| writeln!(out, "-- {}: {what}\n{sql};\n", plan.table).unwrap();
        add("records", &sql::backup_records(dialect, &travel, &travel.header("now")));
        for misfit in sql::Misfit::all(&travel) {
            add(&format!("{misfit:?}"), &sql::backup_misfits(dialect, &travel, misfit));
        }
        if travel.parent.is_none() {
            add("duplicates", &sql::backup_duplicates(dialect, &travel));
        }
    }
    out
}

/// Compares with a file beside this crate's folder `tests/golden`.
fn compare(file: &str, now: String) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(file);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &now).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(now == golden, "{} differs; UPDATE_GOLDEN=1 writes it anew:\n{now}", path.display());
}

#[test]
fn postgres_statements() {
    compare("run.postgres.sql", statements(Dialect::Postgres));
    compare("ways.postgres.sql", ways(Dialect::Postgres));
    compare("foreign.postgres.sql", foreign());
    compare("changes.postgres.sql", changes(Dialect::Postgres));
    compare("backup.postgres.sql", backup(Dialect::Postgres));
    compare("restore.postgres.sql", restore(Dialect::Postgres));
    compare("snapshots.postgres.sql", documents::snapshots(Dialect::Postgres));
    compare("derived.postgres.sql", documents::derived(Dialect::Postgres));
}

#[test]
fn sqlite_statements() {
    compare("run.sqlite.sql", statements(Dialect::Sqlite));
    compare("ways.sqlite.sql", ways(Dialect::Sqlite));
    compare("changes.sqlite.sql", changes(Dialect::Sqlite));
    compare("backup.sqlite.sql", backup(Dialect::Sqlite));
    compare("restore.sqlite.sql", restore(Dialect::Sqlite));
    compare("snapshots.sqlite.sql", documents::snapshots(Dialect::Sqlite));
    compare("derived.sqlite.sql", documents::derived(Dialect::Sqlite));
}

#[test]
fn parents_come_first_and_source_names_fold() {
    let tasks = tasks(Dialect::Postgres);
    assert_eq!(tasks.iter().map(|t| t.name.as_str()).collect::<Vec<_>>(), ["clients", "odd \"jobs\""]);
    assert_eq!(tasks[0].columns[0].from, planner::From::Source("ID".to_owned()));
    assert_eq!(tasks[1].references[0].parent, planner::Parent::Tasks(vec![0]));
}

/// The schema that editors complete plans by is that of the types the plan is read into.
#[test]
fn json_schema_of_the_plan() {
    let schema = serde_json::to_string_pretty(&plan::json_schema()).unwrap() + "\n";
    compare("../../../sql/plan.schema.json", schema);
}
