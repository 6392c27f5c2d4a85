//! The tables and the plan whose statements are looked at.

use cutover_core::catalog::{
    Address, Column, Default, ForeignKey, OnDelete, RelName, RelationKind, Table, UniqueKey,
};
use cutover_core::plan::{self, Plan};
use cutover_core::planner::{self, SourceShape, Task};
use cutover_core::session::Dialect;
use cutover_core::sql;
use cutover_core::types::ColumnType;

pub fn column(dialect: Dialect, name: &str, ty: ColumnType) -> Column {
    Column {
        name: name.to_owned(),
        sql_type: sql::type_name(dialect, &ty),
        ty,
        not_null: false,
        default: Default::None,
    }
}

pub fn text() -> ColumnType {
    ColumnType::Text { max_chars: None }
}

pub fn table(dialect: Dialect, name: &str, key: &[&str], columns: Vec<Column>) -> Table {
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
        deferrable: Vec::new(),
        row_security: false,
        untrusted_owner: None,
    }
}

/// clients(id, name, imported) and jobs(client_id, number, title, note) -> clients.
pub fn tables(dialect: Dialect) -> (Table, Table) {
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

pub fn phase() -> Plan {
    plan::parse(
        r#"{"version": 1, "phases": [{"name": "jobs", "tables": [
            {"table": "odd \"jobs\"", "source": {"parquet": "jobs.parquet"}, "write": "upsert",
             "ignore": ["note"], "on_missing_reference": "quarantine", "on_duplicate_key": "last", "dedup_sort": "number"},
            {"table": "clients", "source": {"parquet": "clients.parquet"}, "write": "replace",
             "origin": {"column": "imported", "imported": true, "local": false}}]}]}"#,
    )
    .unwrap()
}

pub fn tasks(dialect: Dialect) -> Vec<Task> {
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
