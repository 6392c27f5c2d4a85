//! The statements of a run, per dialect, against golden files: a change in what is sent to a
//! database shows up in review as text. `UPDATE_GOLDEN=1 cargo test` writes the files anew.

use std::fmt::Write as _;
use std::path::Path;

use cutover_core::catalog::{
    Address, Column, Default, ForeignKey, OnDelete, RelName, RelationKind, Table, UniqueKey,
};
use cutover_core::plan::{self, Plan};
use cutover_core::planner::{self, SourceShape, Task};
use cutover_core::session::Dialect;
use cutover_core::sql::{self, Known, Temps};
use cutover_core::types::ColumnType;

fn column(dialect: Dialect, name: &str, ty: ColumnType) -> Column {
    Column {
        name: name.to_owned(),
        sql_type: sql::type_name(dialect, &ty),
        ty,
        not_null: false,
        default: Default::None,
    }
}

fn text() -> ColumnType {
    ColumnType::Text { max_chars: None }
}

fn table(dialect: Dialect, name: &str, key: &[&str], columns: Vec<Column>) -> Table {
    let postgres = dialect == Dialect::Postgres;
    Table {
        oid: 0,
        schema: if postgres { "public" } else { "main" }.to_owned(),
        name: name.to_owned(),
        kind: RelationKind::Table,
        address: if postgres { Address::Ctid } else { Address::Rowid("rowid".to_owned()) },
        columns,
        uniques: vec![UniqueKey {
            name: format!("{name}_pkey"),
            columns: key.iter().map(|k| k.to_string()).collect(),
            primary: true,
            immediate: true,
            partial: false,
            nulls_equal: false,
        }],
        foreign_keys: Vec::new(),
        referenced_by: Vec::new(),
        triggers: Vec::new(),
    }
}

/// clients(id, name, imported) and jobs(client_id, number, title, note) -> clients.
fn tables(dialect: Dialect) -> (Table, Table) {
    let mut clients = table(
        dialect,
        "clients",
        &["id"],
        vec![
            column(dialect, "id", ColumnType::Int8),
            column(dialect, "name", text()),
            column(dialect, "email", text()),
            column(dialect, "imported", ColumnType::Bool),
        ],
    );
    clients.uniques.push(UniqueKey {
        name: "clients_email".to_owned(),
        columns: vec!["email".to_owned()],
        primary: false,
        ..clients.uniques[0].clone()
    });
    let mut jobs = table(
        dialect,
        "odd \"jobs\"",
        &["client_id", "number"],
        vec![
            column(dialect, "client_id", ColumnType::Int8),
            column(dialect, "number", text()),
            column(dialect, "_row", ColumnType::Int4),
            column(dialect, "note", ColumnType::Json),
        ],
    );
    let key = ForeignKey {
        name: "jobs_client".to_owned(),
        table: jobs.id(),
        columns: vec!["client_id".to_owned()],
        parent: clients.id(),
        parent_columns: vec!["id".to_owned()],
        on_delete: OnDelete::Cascade,
        deferrable: false,
    };
    clients.referenced_by.push(key.clone());
    jobs.foreign_keys.push(key);
    (clients, jobs)
}

fn phase() -> Plan {
    plan::parse(
        r#"{"version": 1, "phases": [{"name": "jobs", "tables": [
            {"table": "odd \"jobs\"", "source": {"parquet": "jobs.parquet"}, "write": "upsert",
             "ignore": ["note"], "on_missing_reference": "quarantine"},
            {"table": "clients", "source": {"parquet": "clients.parquet"}, "write": "replace",
             "origin": {"column": "imported", "imported": true, "local": false}}]}]}"#,
    )
    .unwrap()
}

fn tasks(dialect: Dialect) -> Vec<Task> {
    let plan = phase();
    let (clients, jobs) = tables(dialect);
    let shapes = [
        SourceShape { label: "file \"jobs.parquet\"", columns: &["client_id", "number", "_row", "note"] },
        SourceShape { label: "file \"clients.parquet\"", columns: &["ID", "name", "email"] },
    ];
    let planned = &plan.phases[0].tables;
    let mut tasks = Vec::new();
    for (ordinal, ((planned, table), shape)) in planned.iter().zip([jobs, clients]).zip(shapes).enumerate() {
        tasks.push(planner::bind(ordinal, planned, table, Some(shape), &[]).unwrap());
    }
    let mut tasks = planner::sort(tasks).unwrap();
    planner::link(&mut tasks, planned, &|_: &RelName| None::<Table>).unwrap();
    tasks
}

/// All statements of a run, each under a line that says what it is.
fn statements(dialect: Dialect) -> String {
    let tasks = tasks(dialect);
    let temps: Vec<Temps> = tasks.iter().map(|t| Temps::of(dialect, t)).collect();
    let known = Known { tasks: &tasks, temps: &temps };
    let mut out = String::new();
    let mut add = |what: &str, statement: &sql::Sql| writeln!(out, "-- {what}\n{statement};\n").unwrap();
    for (index, (task, temp)) in tasks.iter().zip(&temps).enumerate() {
        let name = &task.name;
        for table in temp.all() {
            for statement in &table.create {
                add(&format!("{name}: make"), statement);
            }
        }
        add(&format!("{name}: duplicate keys"), &sql::duplicate_keys(dialect, task, temp));
        let links: Vec<_> = task.references.iter().collect();
        if let [link] = links[..] {
            add(&format!("{name}: refuse"), &sql::refuse_missing(dialect, task, temp, &links, known));
            add(&format!("{name}: null"), &sql::null_missing(dialect, task, temp, link, known));
            add(&format!("{name}: find"), &sql::find_missing(dialect, temp, link, known));
        }
        add(&format!("{name}: compare"), &sql::compare(dialect, task, temp));
        add(&format!("{name}: retain"), &sql::retain(dialect, task, temp));
        for key in &task.target.referenced_by {
            let child = Some((&tasks[1], &temps[1]));
            add(&format!("{name}: referring"), &sql::count_referring(dialect, task, temp, key, child));
            let unmark = sql::unmark_parents(dialect, (task, temp), child, key);
            add(&format!("{name}: no early delete"), &unmark);
        }
        if index == 0 {
            add(&format!("{name}: early"), &sql::mark_claimed(dialect, task, temp, &["email".to_owned()]));
        }
        add(&format!("{name}: insert"), &sql::insert(dialect, task, temp));
        add(&format!("{name}: update"), &sql::update(dialect, task, temp).unwrap());
        add(&format!("{name}: delete"), &sql::delete(dialect, task, temp, 'd'));
        let columns = sql::verified_columns(task);
        add(&format!("{name}: verify source"), &sql::verify_source(dialect, task, temp, &columns));
        add(&format!("{name}: verify target"), &sql::verify_target(dialect, task, temp, &columns));
        add(&format!("{name}: verify different"), &sql::verify_different(dialect, task, temp, 5));
        add(&format!("{name}: keep in quarantine"), &sql::quarantine_keep(dialect, task, temp));
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
}

#[test]
fn sqlite_statements() {
    compare("run.sqlite.sql", statements(Dialect::Sqlite));
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
