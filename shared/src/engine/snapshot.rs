//! Snapshots over a run: where they go, of which rows one is due, and their taking; and one taken by hand.

use crate::api::SnapshotOptions;
use crate::catalog::{RelName, Table};
use crate::error::{Error, Kind, Result};
use crate::plan::{RunFact, Scalar, Snapshot, SnapshotValue};
use crate::planner::{self, SnapshotSet, Take, Task, Tracked};
use crate::session::{Dialect, Session};
use crate::sql::{self, Sql};
use crate::types::ColumnType;
use crate::value::{Value, count, first, json_array};

use super::guard::single_count;
use super::owners::Owners;
use super::prepare::{self, Prepared};
use super::{apply, log, rights, state, stub, triggers};

/// Finds out where the snapshots of a run go. `started` is when it began, as the log has it.
///
/// Errors: 42P01 no such table, those of [`planner::check_snapshot`], and those of values that do not fit
/// their column.
pub(crate) fn prepare(
    s: &mut dyn Session,
    prepared: &mut Prepared,
    owners: &Owners<'_>,
    started: &str,
) -> Result<()> {
    prepared.snapshots.clear();
    for (index, task) in prepared.tasks.iter().enumerate() {
        for snapshot in &task.plan.snapshots {
            let into = s.find_table(&RelName::parse(&snapshot.into)?)?.ok_or_else(|| {
                planner::no_table(&snapshot.into)
                    .detail(format!("Snapshots of \"{}\" are to go there.", task.name))
            })?;
            let mut set = bind(s.facts().dialect, snapshot, task, into, started)?;
            (set.ordinal, set.task) = (prepared.snapshots.len(), index);
            let owner = owners.of(&set.into.id());
            if let Some(owner) = owner {
                set.name.clone_from(&owner.plan.table);
            }
            planner::check_snapshot(&set, task, owner)?;
            prepared.snapshots.push(set);
        }
    }
    Ok(())
}

/// What the plan says of a snapshot, with its constants in the form in which their columns keep them.
fn bind(
    dialect: Dialect,
    snapshot: &Snapshot,
    task: &Task,
    into: Table,
    started: &str,
) -> Result<SnapshotSet> {
    let mut values = Vec::with_capacity(snapshot.columns.len());
    for (name, value) in &snapshot.columns {
        let given = match value {
            SnapshotValue::Column(from) => {
                values.push((name.clone(), Take::Column(from.clone())));
                continue;
            }
            SnapshotValue::Value(value) => value.clone(),
            SnapshotValue::Run(RunFact::StartedAt) => {
                Scalar::Text(moment(started, into.column(name).map(|c| &c.ty)).to_owned())
            }
        };
        let value = constant(dialect, &into, &snapshot.into, name, &given)?;
        values.push((name.clone(), Take::Constant(value)));
    }
    let when = &snapshot.when;
    let becomes =
        when.becomes.iter().map(|value| constant(dialect, &task.target, &task.name, &when.column, value));
    Ok(SnapshotSet {
        ordinal: 0,
        task: 0,
        name: snapshot.into.clone(),
        values,
        column: when.column.clone(),
        becomes: becomes.collect::<Result<_>>()?,
        into,
    })
}

/// An instant of the log as a column of this type takes it.
fn moment<'a>(instant: &'a str, ty: Option<&ColumnType>) -> &'a str {
    match ty {
        Some(ColumnType::Timestamp) => instant.trim_end_matches('Z'),
        Some(ColumnType::Date) => instant.split(' ').next().unwrap_or(instant),
        _ => instant,
    }
}

fn constant(dialect: Dialect, table: &Table, label: &str, name: &str, value: &Scalar) -> Result<Scalar> {
    let column = table.column(name).ok_or_else(|| planner::no_column(label, name))?;
    stub::constant(dialect, &column.ty, value).map_err(|mut error| {
        error.message = format!("snapshots: column \"{name}\" of \"{label}\": {}", error.message);
        error
    })
}

/// Finds the rows of which a snapshot is due, before they are written, and counts them per set.
///
/// Errors: 55000 where the table of the snapshots is live here.
pub(super) fn find(s: &mut dyn Session, prepared: &Prepared) -> Result<Vec<i64>> {
    let dialect = s.facts().dialect;
    let mut due = Vec::with_capacity(prepared.snapshots.len());
    for (set, (task, temps)) in prepared.snapshot_tasks() {
        s.execute(&sql::find_snapshots(dialect, set, task, temps), &[])?;
        let count = single_count(s, &sql::count_snapshots(dialect, set))?;
        if count > 0 {
            state::check_owner(s, &set.into.schema, &set.into.name)
                .map_err(|e| e.detail(format!("{count} snapshots would be taken in \"{}\".", set.name)))?;
        }
        due.push(count);
    }
    Ok(due)
}

/// Takes the snapshots that are due, now that their rows are written. Errors: 09000 where a trigger kept
/// one from being written.
pub(super) fn take(s: &mut dyn Session, prepared: &Prepared, due: &[i64]) -> Result<()> {
    let dialect = s.facts().dialect;
    for ((set, (task, temps)), due) in prepared.snapshot_tasks().zip(due).filter(|(_, due)| **due > 0) {
        let statement = sql::insert_snapshots(dialect, set, task, temps);
        let mut taken = 0;
        triggers::as_engine(s, &[&set.into], &mut |s| {
            taken = insert(s, set, &statement, &[])?;
            Ok(())
        })?;
        all_taken(&set.name, &task.name, *due, taken)?;
    }
    Ok(())
}

/// Inserts snapshots and returns how many.
fn insert(s: &mut dyn Session, set: &SnapshotSet, statement: &Sql, args: &[Value]) -> Result<i64> {
    let given = |name: &str| set.values.iter().any(|(column, _)| column == name);
    let mut taken = 0;
    apply::inserting(s, &set.into, &given, &mut |s| {
        taken = count(s.execute(statement, args)?);
        Ok(())
    })?;
    Ok(taken)
}

/// Errors: 09000 where fewer were taken than were due.
fn all_taken(into: &str, of: &str, due: i64, taken: i64) -> Result<()> {
    if taken == due {
        return Ok(());
    }
    let message = format!("a trigger of \"{into}\" or \"{of}\" kept snapshots from being taken");
    Err(Error::new(Kind::TriggeredAction, message)
        .detail(format!("{due} were to be inserted, and {taken} were.")))
}

/// Up to 5 keys of the rows of which a snapshot is due, per set, as JSON; None where none is.
pub(super) fn examples(s: &mut dyn Session, prepared: &Prepared, due: &[i64]) -> Result<Vec<Option<String>>> {
    let dialect = s.facts().dialect;
    let mut examples = Vec::with_capacity(due.len());
    for ((set, (task, temps)), due) in prepared.snapshot_tasks().zip(due) {
        let statement = sql::example_snapshots(dialect, set, task, temps);
        examples.push(stub::keys_as_json(s, &statement, *due)?);
    }
    Ok(examples)
}

/// Takes the snapshots of one row by hand, whatever values it has, and returns how many there are. `key` is its
/// key: a value, or a JSON array of as many as the key has columns. `table_name` may be left out where one table
/// of the phase has snapshots.
///
/// Errors: 25006 read-only, 42704 no such phase, table or row, 22023 a key that cannot be meant or more than one
/// table to choose from, 22P02 a value that is none of its column's, 55000 the table of the snapshots
/// is live or frozen here, 09000 a trigger kept a snapshot from being taken, and those of [`prepare`].
pub fn take_snapshot(s: &mut dyn Session, phase: &str, key: &str, options: &SnapshotOptions) -> Result<i64> {
    let table_name = options.table_name.as_deref();
    if s.facts().read_only {
        return Err(Error::new(Kind::ReadOnly, "cannot take a snapshot in a read-only transaction"));
    }
    let stored = state::plan(s)?;
    let planned = stored.phase(phase)?;
    let named = |name: &String| table_name.is_none_or(|wanted| name == wanted);
    let mut choice = planned.tables.iter().enumerate();
    let mut found = choice.by_ref().filter(|(_, t)| !t.snapshots.is_empty() && named(&t.table));
    let (ordinal, plan) = found.next().ok_or_else(|| no_snapshots(phase, table_name))?;
    if found.next().is_some() {
        let message = format!("more than one table of phase \"{phase}\" has snapshots");
        return Err(Error::new(Kind::InvalidParameter, message).hint("name one as table_name"));
    }
    let names = state::phase_tables(s, phase)?;
    let name = names.get(ordinal).cloned().ok_or_else(|| state::no_phase(phase))?;
    let mut rounds = prepare::prepare(s, std::slice::from_ref(plan), &[name], None)?;
    let owners = Owners::stored(s, &stored.plan)?;
    let Some(prepared) = rounds.first_mut() else { return Ok(0) };
    prepare(s, prepared, &owners, &log::now())?;
    let Some(task) = prepared.tasks.first() else { return Ok(0) };
    let key = row_key(s.facts().dialect, task, key)?;
    let into: Vec<&Table> = prepared.snapshots.iter().map(|set| &set.into).collect();
    rights::sees_all(&[&task.target], "No snapshot can be taken of a row that is not seen.")?;
    rights::check(&into, planned.run_as_owner)?;
    s.begin_write(&into)?;
    into.iter().try_for_each(|table| state::check_open(s, &table.schema, &table.name))?;
    let row = Tracked {
        phase: phase.to_owned(),
        name: task.name.clone(),
        table: task.target.clone(),
        key: task.key.clone(),
        origin: None,
    };
    let dialect = s.facts().dialect;
    let rows = s.query(&sql::count_of_key(dialect, &row), &[key.as_str().into()])?;
    if first(&rows).and_then(Value::as_int) != Some(1) {
        return Err(Error::new(
            Kind::UndefinedObject,
            format!("there is no row of \"{}\" with ({}) = {key}", task.name, task.key.join(", ")),
        ));
    }
    for set in &prepared.snapshots {
        let statement = sql::insert_snapshot_of(dialect, set, &row);
        let mut taken = 0;
        triggers::as_engine(s, &[&set.into], &mut |s| {
            taken = insert(s, set, &statement, &[key.as_str().into()])?;
            Ok(())
        })?;
        all_taken(&set.name, &task.name, 1, taken)?;
    }
    Ok(count(prepared.snapshots.len()))
}

fn no_snapshots(phase: &str, table_name: Option<&str>) -> Error {
    let message = match table_name {
        Some(name) => format!("there is no table \"{name}\" with snapshots in phase \"{phase}\""),
        None => format!("no table of phase \"{phase}\" has snapshots"),
    };
    Error::new(Kind::UndefinedObject, message)
}

/// A key as it was given, as the JSON array of texts that rows are found by.
fn row_key(dialect: Dialect, task: &Task, key: &str) -> Result<String> {
    let wrong = || {
        Error::new(Kind::InvalidParameter, format!("\"{key}\" is not a key of \"{}\"", task.name)).hint(
            format!(
                "give {} as a JSON array, such as {}",
                task.key.join(", "),
                json_array(task.key.iter().map(|_| "value"))
            ),
        )
    };
    let parts: Vec<Scalar> = match key.trim_start().starts_with('[') {
        true => serde_json::from_str(key).map_err(|_| wrong())?,
        false => vec![Scalar::Text(key.to_owned())],
    };
    if parts.len() != task.key.len() {
        return Err(wrong());
    }
    let typed = task.key.iter().zip(&parts).map(|(name, value)| {
        constant(dialect, &task.target, &task.name, name, value).map(|value| value.to_string())
    });
    let typed = typed.collect::<Result<Vec<_>>>()?;
    Ok(json_array(typed.iter().map(String::as_str)))
}
