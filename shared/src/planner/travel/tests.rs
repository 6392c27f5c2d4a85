use super::*;
use crate::planner::sample::{self, strings};

/// A table with a numbered key `id` and these columns; those named `name>parent` refer to a parent's id,
/// those that end in `$` are texts.
fn numbered(name: &str, columns: &[&str]) -> Table {
    let mut table = sample::table(name, &["id"], &["!id"]);
    table.columns[0].default = Default::Serial(None);
    for text in columns {
        let (column, parent) = text.split_once('>').unwrap_or((text, ""));
        let mut made = sample::column(column.trim_end_matches('$'));
        if column.ends_with('$') {
            made.ty = ColumnType::Text { max_chars: None };
        }
        table.columns.push(made);
        if !parent.is_empty() {
            sample::refer(&mut table, column, parent, "id");
        }
    }
    table
}

fn plan(name: &str, says: &str) -> TablePlan {
    let text = format!(r#"{{"table": "{name}"{says}}}"#);
    serde_json::from_str(&text).unwrap()
}

/// How the last of these tables, given with what the plan says of them, travels.
fn travels(tables: &[(Table, &str)]) -> Result<Travel> {
    travels_beside(tables, &[])
}

/// The same where there are tables that are not in the plan.
fn travels_beside(tables: &[(Table, &str)], others: &[Table]) -> Result<Travel> {
    let plans: Vec<TablePlan> = tables.iter().map(|(t, says)| plan(&t.name, says)).collect();
    let planned = plans.iter().zip(tables);
    let planned: Vec<Planned<'_>> =
        planned.map(|(plan, (t, _))| Planned { phase: "a", plan, table: t.clone() }).collect();
    let found: Vec<Table> = tables.iter().map(|(t, _)| t).chain(others).cloned().collect();
    travel(&planned, &plans.last().unwrap().table, &|name| {
        found.iter().find(|t| t.name == name.name).cloned()
    })
}

fn refused(tables: &[(Table, &str)]) -> (Kind, String) {
    let error = travels(tables).unwrap_err();
    (error.kind, error.message)
}

const XMLID: &str = r#", "external_id": "xmlid""#;

#[test]
fn a_reference_travels_by_the_external_id_of_its_row() {
    let projects = numbered("projects", &["xmlid$"]);
    let mut events = numbered("events", &["xmlid$", "project>projects", "title", "made"]);
    events.columns[4].default = Default::Generated;
    let travel =
        travels(&[(projects, r#", "external_id": ["xmlid"], "namespace": "berlin""#), (events, XMLID)])
            .unwrap();
    assert_eq!(travel.external_id, ["xmlid"]);
    assert_eq!(travel.own_key, ["id"]);
    assert_eq!(travel.plain, ["xmlid", "title"]);
    assert_eq!(
        travel.late,
        [LateRef {
            columns: strings(&["project"]),
            parent: ("main".to_owned(), "projects".to_owned()),
            parent_name: "projects".to_owned(),
            parent_columns: strings(&["id"]),
            external_id: strings(&["xmlid"]),
            types: vec![ColumnType::Text { max_chars: None }],
            namespace: Some("berlin".to_owned()),
        }]
    );
    assert_eq!(travel.parent, None);
}

#[test]
fn a_key_that_draws_no_numbers_is_an_external_id() {
    let codes = sample::table("codes", &["code"], &["!code", "name"]);
    let mut events = numbered("events", &["xmlid$", "code"]);
    sample::refer(&mut events, "code", "codes", "code");
    let travel = travels(&[(codes.clone(), "")]).unwrap();
    assert_eq!((travel.external_id, travel.plain), (strings(&["code"]), strings(&["code", "name"])));
    // It travels late all the same in the plan, and as it is where the plan does not know it.
    let of = |travel: Travel| (travel.plain, travel.late.len());
    let in_plan = travels(&[(codes.clone(), ""), (events.clone(), XMLID)]).unwrap();
    assert_eq!(of(in_plan), (strings(&["xmlid"]), 1));
    let outside = travels_beside(&[(events, XMLID)], &[codes]).unwrap();
    assert_eq!(of(outside), (strings(&["xmlid", "code"]), 0));
}

#[test]
fn numbers_that_no_external_id_stands_for_are_refused() {
    let projects = numbered("projects", &["xmlid$"]);
    let events = numbered("events", &["xmlid$", "project>projects"]);
    let (kind, message) = refused(&[(projects.clone(), ""), (events.clone(), XMLID)]);
    let expected = "column \"project\" of table \"events\" cannot travel: it refers to table \"projects\"";
    assert_eq!((kind, message.as_str()), (Kind::InvalidKey, expected));
    let error = travels_beside(&[(events, XMLID)], std::slice::from_ref(&projects)).unwrap_err();
    assert_eq!((error.kind, error.message.as_str()), (Kind::InvalidKey, expected));
    let (kind, message) = refused(&[(projects, "")]);
    assert_eq!(
        (kind, message.as_str()),
        (Kind::InvalidKey, "the rows of table \"projects\" have no external id")
    );
}

#[test]
fn a_detail_is_known_by_its_parent() {
    let projects = numbered("projects", &["xmlid$"]);
    let members = numbered("members", &["note", "project>projects", "other>projects"]);
    let by = |says| travels(&[(projects.clone(), XMLID), (members.clone(), says)]);
    let travel = by(r#", "parent": {"table": "projects", "columns": ["other"]}"#).unwrap();
    assert_eq!((travel.parent, travel.own_key), (Some(1), strings(&["id"])));
    assert_eq!((travel.plain, travel.external_id.len()), (strings(&["note"]), 0));
    let error = by(r#", "parent": "projects""#).unwrap_err();
    assert_eq!(error.kind, Kind::InvalidParameter, "{error}");
    let error = by(r#", "parent": {"table": "projects", "columns": ["note"]}"#).unwrap_err();
    assert_eq!(error.kind, Kind::InvalidKey, "{error}");
    let lines = numbered("lines", &["member>members"]);
    let (kind, message) = refused(&[
        (projects, XMLID),
        (members, r#", "parent": {"table": "projects", "columns": ["other"]}"#),
        (lines, r#", "parent": "members""#),
    ]);
    assert_eq!(kind, Kind::InvalidParameter, "{message}");
    assert_eq!(message, "\"parent\" of table \"lines\" is \"members\", which is a detail itself");
}

#[test]
fn a_detail_that_is_keyed_by_its_parent_leaves_no_key_at_home() {
    let projects = numbered("projects", &["xmlid$"]);
    let mut plans = sample::table("plans", &["project"], &["!project", "note"]);
    // SQLite draws a number for any INTEGER PRIMARY KEY that is left out.
    plans.columns[0].default = Default::Serial(None);
    sample::refer(&mut plans, "project", "projects", "id");
    let travel = travels(&[(projects, XMLID), (plans, r#", "parent": "projects""#)]).unwrap();
    assert_eq!((travel.own_key.len(), travel.plain, travel.parent), (0, strings(&["note"]), Some(0)));
}

#[test]
fn references_and_external_ids_share_no_columns() {
    let projects = numbered("projects", &["xmlid$"]);
    let mut members = sample::table("members", &["project", "name"], &["!project", "!name"]);
    sample::refer(&mut members, "project", "projects", "id");
    let (kind, message) = refused(&[(projects.clone(), XMLID), (members.clone(), "")]);
    assert_eq!(kind, Kind::InvalidParameter);
    assert_eq!(message, "column \"project\" of table \"members\" is a reference and part of its external id");
    let users = numbered("users", &["xmlid$"]);
    sample::refer(&mut members, "project", "users", "id");
    let (kind, message) = refused(&[(projects, XMLID), (users, XMLID), (members, XMLID)]);
    assert_eq!(
        (kind, message.as_str()),
        (Kind::UndefinedColumn, "column \"xmlid\" of table \"members\" does not exist")
    );
}

#[test]
fn two_references_over_one_column_are_refused() {
    let projects = numbered("projects", &["xmlid$"]);
    let users = numbered("users", &["xmlid$"]);
    let mut events = numbered("events", &["xmlid$", "of>projects"]);
    // The plan may say again what the database says already.
    let again = r#", "external_id": "xmlid", "references": [{"columns": ["of"], "table": "projects", "match": ["id"]}]"#;
    let once = travels(&[(projects.clone(), XMLID), (events.clone(), again)]).unwrap();
    assert_eq!(once.late.len(), 1);
    sample::refer(&mut events, "of", "users", "id");
    let (kind, message) = refused(&[(projects, XMLID), (users, XMLID), (events, XMLID)]);
    assert_eq!(
        (kind, message.as_str()),
        (Kind::InvalidParameter, "column \"of\" of table \"events\" is in two references")
    );
}

#[test]
fn what_the_plan_says_must_be_there_and_fit() {
    let events = || numbered("events", &["xmlid$", "number"]);
    for (says, kind) in [
        (r#", "external_id": "uid""#, Kind::UndefinedColumn),
        (r#", "parent": "projects""#, Kind::UndefinedTable),
        (r#", "external_id": ["xmlid", "number"], "namespace": "b""#, Kind::InvalidParameter),
        (r#", "external_id": "number", "namespace": "b""#, Kind::InvalidParameter),
    ] {
        assert_eq!(refused(&[(events(), says)]).0, kind, "{says}");
    }
    // A number that is said to be the same everywhere travels.
    let travel = travels(&[(events(), r#", "external_id": "id""#)]).unwrap();
    assert_eq!((travel.own_key.len(), travel.plain), (0, strings(&["id", "xmlid", "number"])));
}
