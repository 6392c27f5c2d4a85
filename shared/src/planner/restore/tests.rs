use super::*;
use crate::catalog::{Default, Table};
use crate::planner::sample::{self, strings};
use crate::planner::{Planned, travel};
use crate::types::ColumnType;

/// project(id, xmlid, name, parent_id), whose id is drawn here, and note(id, project_id, text), its details.
fn tables() -> [Table; 2] {
    let mut project = sample::table("project", &["id"], &["!id", "xmlid", "name", "parent_id"]);
    let mut note = sample::table("note", &["id"], &["!id", "project_id", "text"]);
    let unique = crate::catalog::UniqueKey {
        name: "xmlid".to_owned(),
        columns: strings(&["xmlid"]),
        primary: false,
        ..project.uniques[0].clone()
    };
    project.uniques.push(unique);
    project.columns[1].ty = ColumnType::Text { max_chars: None };
    project.columns[0].default = Default::Serial(None);
    note.columns[0].default = Default::Serial(None);
    sample::refer(&mut project, "parent_id", "project", "id");
    sample::refer(&mut note, "project_id", "project", "id");
    [project, note]
}

fn plans(more: &str) -> Vec<TablePlan> {
    let texts = [
        format!(r#"{{"table": "project", "external_id": "xmlid"{more}}}"#),
        format!(r#"{{"table": "note", "parent": "project"{more}}}"#),
    ];
    texts.iter().map(|text| serde_json::from_str(text).unwrap()).collect()
}

fn header(text: &str) -> TableHeader {
    let mut said: serde_json::Value = serde_json::from_str(text).unwrap();
    for (key, value) in [("version", "1"), ("exported_at", "\"\""), ("record_count", "0")] {
        said[key] = serde_json::from_str(value).unwrap();
    }
    serde_json::from_value(said).unwrap()
}

const PROJECT: &str = r#"{"table": "project", "external_id": ["xmlid"], "columns": ["xmlid", "name"],
    "late_seed_columns": {"parent_id": {"columns": ["parent_id"], "table": "project", "external_id": ["xmlid"]}}}"#;
const NOTE: &str = r#"{"table": "note", "columns": ["text"],
    "parent": {"columns": ["project_id"], "table": "project", "external_id": ["xmlid"]}}"#;

/// How the table at this place is restored from a backup that says `header` of it.
fn restored(place: usize, more: &str, text: &str, mode: RestoreMode) -> Result<(Restoring, Task)> {
    let (tables, plans) = (tables(), plans(more));
    let planned = plans.iter().zip(&tables);
    let planned: Vec<Planned<'_>> =
        planned.map(|(plan, table)| Planned { phase: "p", plan, table: table.clone() }).collect();
    let resolve = |name: &RelName| tables.iter().find(|t| t.name == name.name).cloned();
    let travel = travel(&planned, &plans[place].table, &resolve)?;
    let restoring = restoring(&travel, &plans[place], &header(text), mode, &["project", "note"])?;
    let columns: Vec<&str> = restoring.fields.iter().map(|f| f.name.as_str()).collect();
    let source = SourceShape { label: "the backup", columns: &columns };
    let task = restoring.task(0, (&travel, &plans[place]), mode, source, &[])?;
    Ok((restoring, task))
}

#[test]
fn a_row_is_known_by_its_external_id_and_draws_its_key() {
    let (restoring, task) = restored(0, "", PROJECT, RestoreMode::Overwrite).unwrap();
    assert_eq!((task.write, task.key.as_slice()), (Write::Upsert, strings(&["xmlid"]).as_slice()));
    let from: Vec<_> = task.columns.iter().map(|c| (c.column.name.as_str(), &c.from, c.compared)).collect();
    assert_eq!(
        from,
        [
            ("id", &From::Assigned, false),
            ("xmlid", &From::Source("xmlid".to_owned()), false),
            ("name", &From::Source("name".to_owned()), true),
            ("parent_id", &From::Lookup(0), true),
        ]
    );
    assert_eq!(task.entry, "project (backup)");
    let lookup = &restoring.plan.lookups[0];
    assert_eq!((lookup.set.as_str(), lookup.take.as_str()), ("parent_id", "id"));
    assert_eq!(lookup.match_columns["xmlid"], "_late_parent_id");
    let (_, task) = restored(0, "", PROJECT, RestoreMode::Append).unwrap();
    assert_eq!(task.write, Write::InsertOnly);
}

#[test]
fn details_are_rewritten_within_their_parents() {
    let (_, task) = restored(1, "", NOTE, RestoreMode::Overwrite).unwrap();
    assert_eq!((task.write, &task.plan.scope), (Write::DeleteInsert, &strings(&["project_id"])));
    assert!(task.staged("id").is_none());
    assert_eq!(task.detail().unwrap().parent_columns, strings(&["id"]));
}

#[test]
fn ones_own_namespace_is_taken_off() {
    let (restoring, _) = restored(0, r#", "namespace": "berlin""#, PROJECT, RestoreMode::Init).unwrap();
    let strips: Vec<_> = restoring.fields.iter().map(|f| (f.name.as_str(), f.strip.as_deref())).collect();
    let own = Some("berlin:");
    assert_eq!(strips, [("xmlid", own), ("name", None), ("_late_parent_id", own)]);
}

#[test]
fn what_backup_and_plan_say_otherwise_is_named() {
    let detail = |text: &str, place| {
        let error = restored(place, "", text, RestoreMode::Overwrite).unwrap_err();
        assert_eq!(error.kind, Kind::NotInState);
        error.detail.unwrap()
    };
    assert_eq!(
        detail(
            &PROJECT
                .replace(r#""external_id": ["xmlid"], "columns""#, r#""external_id": ["name"], "columns""#),
            0
        ),
        "In the backup rows are known by (name).\nHere rows are known by (xmlid)."
    );
    assert_eq!(
        detail(&NOTE.replace("project\"", "note\""), 1),
        "In the backup rows are details: (project_id) refers to \"note\" by (xmlid).\n\
         Here rows are details: (project_id) refers to \"project\" by (xmlid)."
    );
    assert!(
        detail(&PROJECT.replace("\"name\"]", "\"parent_id\"]"), 0)
            .contains("(parent_id) is carried as it is")
    );
}

#[test]
fn tables_are_found_by_their_names_and_by_those_without_a_schema() {
    let names = ["events", "a.jobs", "b.jobs", "c.tasks"];
    assert_eq!(plan_name(&names, "events"), Some("events"));
    assert_eq!(plan_name(&names, "public.events"), Some("events"));
    assert_eq!(plan_name(&names, "a.jobs"), Some("a.jobs"));
    assert_eq!(plan_name(&names, "jobs"), None);
    assert_eq!(plan_name(&names, "tasks"), Some("c.tasks"));
    assert_eq!(plan_name(&names, "none"), None);
}

#[test]
fn references_that_cannot_be_null_are_never_made_so() {
    let (restoring, _) =
        restored(0, r#", "on_missing_reference": "null""#, PROJECT, RestoreMode::Init).unwrap();
    assert_eq!(restoring.plan.lookups[0].on_missing, MissingLookup::Null);
    let error = restored(0, r#", "on_missing_reference": "stub""#, PROJECT, RestoreMode::Init).unwrap_err();
    assert_eq!(error.kind, Kind::InvalidParameter);
}

#[test]
fn what_the_plan_says_of_a_tables_own_source_does_not_hold() {
    let more = r#", "source": {"query": "SELECT 1"}, "write": "delete_insert", "columns": {"name": "title"},
        "derived_from": ["note"], "recompute": {"by": ["parent_id"]}"#;
    let (restoring, task) = restored(0, more, PROJECT, RestoreMode::Overwrite).unwrap();
    assert_eq!((restoring.plan.recompute, restoring.plan.source), (None, None));
    assert_eq!(task.staged("name").unwrap().from, From::Source("name".to_owned()));
    // Local changes are known by what the plan says.
    assert_eq!(task.plan.write, Some(Write::DeleteInsert));
}
