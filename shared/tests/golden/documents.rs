//! The statements of snapshots and derived tables.

use std::fmt::Write as _;

use cutover_core::plan::{self, Mode};
use cutover_core::planner;
use cutover_core::session::Dialect;
use cutover_core::sql::{self, Temps};
use cutover_core::types::ColumnType;

use super::{column, table, tasks, text};

/// What is said of clients whose name becomes one of two values.
pub fn snapshots(dialect: Dialect) -> String {
    let tasks = tasks(dialect);
    let temps = Temps::of(dialect, &tasks[0]);
    let set = planner::SnapshotSet {
        ordinal: 0,
        task: 0,
        name: "log".to_owned(),
        into: table(
            dialect,
            "log",
            &["id"],
            vec![column(dialect, "client", text()), column(dialect, "why", text())],
        ),
        values: vec![
            ("client".to_owned(), planner::Take::Column("id".to_owned())),
            ("why".to_owned(), planner::Take::Constant(plan::Scalar::Text("it's new".to_owned()))),
        ],
        column: "name".to_owned(),
        becomes: vec![plan::Scalar::Text("A".to_owned()), plan::Scalar::Text("B".to_owned())],
    };
    let mut out = String::new();
    let mut add = |what: &str, statement: &sql::Sql| writeln!(out, "-- {what}\n{statement};\n").unwrap();
    add("find", &sql::find_snapshots(dialect, &set, &tasks[0], &temps));
    add("take", &sql::insert_snapshots(dialect, &set, &tasks[0], &temps));
    let row = planner::Tracked {
        phase: "jobs".to_owned(),
        name: "clients".to_owned(),
        table: tasks[0].target.clone(),
        key: tasks[0].key.clone(),
        origin: None,
    };
    add("take one by hand", &sql::insert_snapshot_of(dialect, &set, &row));
    out
}

/// What is said of the number of jobs by client, of which some changed.
pub fn derived(dialect: Dialect) -> String {
    let bases = tasks(dialect);
    let temps = Temps::of(dialect, &bases[1]);
    let plan = plan::parse(
        r#"{"version": 1, "phases": [{"name": "jobs", "tables": [
            {"table": "odd \"jobs\"", "source": {"parquet": "jobs.parquet"}, "write": "upsert"},
            {"table": "per_client", "source": {"query": "SELECT client_id, count(*) AS n FROM \"odd \"\"jobs\"\"\" GROUP BY client_id;"},
             "write": "replace", "columns": {"client": "client_id"}, "derived_from": ["odd \"jobs\""],
             "recompute": {"by": ["client"], "match": {"odd \"jobs\"": {"client": "client_id"}}}}]}]}"#,
    )
    .unwrap();
    let columns = vec![column(dialect, "client", ColumnType::Int8), column(dialect, "n", ColumnType::Int8)];
    let per_client = table(dialect, "per_client", &["client"], columns);
    let mut task = planner::bind(2, &plan.phases[0].tables[1], per_client, None, &[]).unwrap();
    task.mode = Mode::Incremental;
    let trace = planner::traces(&task, &bases[1], &bases, &[&bases[1]]).remove(0);
    let own = Temps::of(dialect, &task);
    let by = task.groups().unwrap();
    let mut out = String::new();
    let mut add = |what: &str, statement: &sql::Sql| writeln!(out, "-- {what}\n{statement};\n").unwrap();
    add("make", &sql::groups_table(dialect, &task).create[0]);
    add("groups before writing", &sql::groups_before(dialect, &task, (&bases[1], &temps), &trace));
    add("groups after writing", &sql::groups_after(dialect, &task, (&bases[1], &temps), &trace));
    let via = planner::Trace {
        columns: vec!["id".to_owned()],
        via: Some((bases[1].references[0].clone(), bases[0].target.clone())),
    };
    add("groups of rows referred to", &sql::groups_after(dialect, &task, (&bases[1], &temps), &via));
    let query = plan.phases[0].tables[1].source.as_ref().unwrap().text();
    add("read", &sql::query_of_groups(dialect, &task, query, by));
    add("read nothing", &sql::query_of_nothing(query));
    add("compare", &sql::compare(dialect, &task, &own, false));
    add("what was computed", &sql::derived_runs(dialect, &task.name, &task.plan.derived_from));
    out
}
