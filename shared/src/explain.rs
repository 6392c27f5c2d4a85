//! `explain_phase`: the steps of a run and their statements, without running them.

use std::path::Path;

use crate::catalog::Table;
use crate::engine::owners::Owners;
use crate::engine::{self, state};
use crate::engine::{snapshot, stub};
use crate::error::{Kind, Result};
use crate::plan::{self, Carrier, Documents, MissingReference, Phase, Source, Write};
use crate::planner::{self, Task};
use crate::report::Step;
use crate::session::{Dialect, Session};
use crate::sql::{self, Holders};
use crate::value::count;

/// The tables of all rounds are locked at once, when the first is staged.
const LOCK: &str = "lock the tables";

/// What a run of the phase would do, step by step, with its statements. The sources' columns are
/// read where the sources are there; where one is not, every column counts as present.
pub fn explain_phase(s: &mut dyn Session, phase: &str) -> Result<Vec<Step>> {
    let stored = state::plan(s)?;
    let planned = stored.phase(phase)?;
    let names = state::phase_tables(s, phase)?;
    let root = stored.plan.root.as_deref().map(Path::new);
    let mut rounds = match engine::prepare(s, &planned.tables, &names, Some(root)) {
        Err(error) if matches!(error.kind, Kind::UndefinedFile | Kind::UndefinedTable) => {
            engine::prepare(s, &planned.tables, &names, None)?
        }
        prepared => prepared?,
    };
    let owners = Owners::stored(s, &stored.plan)?;
    let mut steps = Steps::default();
    for round in &mut rounds {
        round.close(s)?;
        owners.refer(s, &mut round.tasks)?;
        stub::prepare(s, round, &owners)?;
        snapshot::prepare(s, round, &owners, &engine::now())?;
        explain_round(s.facts().dialect, planned, round, &mut steps)?;
    }
    Ok(steps.0)
}

/// The steps of one round: what is derived comes in later ones than what it reads.
fn explain_round(
    dialect: Dialect,
    planned: &Phase,
    prepared: &engine::Prepared,
    steps: &mut Steps,
) -> Result<()> {
    let known = prepared.known();
    let all = || prepared.tasks.iter().zip(&prepared.temps);
    for (task, temps) in all() {
        let source = planned.tables.get(task.ordinal).map_or("", |t| match &t.source {
            Some(Source::Query(_) | Source::Documents(Documents { of: Carrier::Query { .. }, .. })) => {
                "the query"
            }
            named => named.as_ref().map_or("", Source::text),
        });
        let create = temps.staging.create.first().map(ToString::to_string);
        steps.add(Some(&task.name), format!("stage {source}"), create);
    }
    if !steps.0.iter().any(|step| step.action == LOCK) {
        steps.add(None, LOCK.to_owned(), None);
    }
    for (index, lookup) in planner::lookup_order(&prepared.tasks)? {
        let found = all().nth(index).and_then(|(task, temps)| engine::search(task, temps, lookup));
        if let Some(search) = found {
            let action = format!("look up {} in {}", search.plan.set, search.plan.table);
            let statement = sql::lookup_fill(dialect, &search, known);
            steps.add(Some(&search.task.name), action, Some(statement.to_string()));
        }
    }
    for (task, temps) in all().filter(|(task, _)| !task.unique_key().is_empty()) {
        let statement = sql::duplicate_keys(dialect, task, temps, false);
        steps.add(
            Some(&task.name),
            format!("check the key ({})", task.key.join(", ")),
            Some(statement.to_string()),
        );
    }
    for (task, temps) in all().filter(|(task, _)| !task.references.is_empty()) {
        let links: Vec<_> = task.references.iter().collect();
        let statement = match task.plan.on_missing_reference {
            MissingReference::Stub => stub::collecting(dialect, task, temps, known),
            _ => Some(sql::refuse_missing(dialect, task, temps, &links, known)),
        };
        let policy = format!("{:?}", task.plan.on_missing_reference).to_lowercase();
        steps.add(Some(&task.name), format!("check references: {policy}"), statement.map(|s| s.to_string()));
    }
    for (task, temps) in all() {
        for unique in task.secondary_uniques() {
            let action = format!("check the values of ({})", unique.columns.join(", "));
            let statement = sql::find_unique_conflicts(dialect, task, temps, unique, false, Holders::Staying);
            steps.add(Some(&task.name), action, Some(statement.to_string()));
        }
    }
    for (task, temps) in all() {
        let statement = sql::compare(dialect, task, temps, false);
        steps.add(
            Some(&task.name),
            format!("compare for {}", task.write.name()),
            Some(statement.to_string()),
        );
    }
    for (task, temps) in all() {
        if task.plan.on_referenced != plan::Referenced::Retain || !task.write.deletes() {
            continue;
        }
        for key in &task.referred_by {
            let children = engine::writers(&prepared.tasks, &prepared.temps, key);
            let statement = sql::retain_referred(dialect, task, temps, key, &children);
            let action = format!("retain rows that \"{}\" refers to", key.table.1);
            steps.add(Some(&task.name), action, Some(statement.to_string()));
        }
    }
    for (set, (task, temps)) in prepared.snapshot_tasks() {
        let statement = sql::find_snapshots(dialect, set, task, temps);
        steps.add(
            Some(&task.name),
            format!("look for rows whose {} becomes one of the values of a snapshot", set.column),
            Some(statement.to_string()),
        );
    }
    explain_writing(dialect, prepared, steps);
    Ok(())
}

/// The steps by which the change sets reach the targets, in their order.
fn explain_writing(dialect: Dialect, prepared: &engine::Prepared, steps: &mut Steps) {
    let tasks = &prepared.tasks;
    let all = || tasks.iter().zip(&prepared.temps);
    let targets: Vec<&Table> = tasks.iter().map(|t| &t.target).collect();
    let circle = tasks.iter().any(|t| !t.deferred.is_empty());
    if let Some(statement) = sql::defer(dialect, tasks, circle) {
        steps.add(None, "defer constraints".to_owned(), Some(statement.to_string()));
    }
    for (task, temps) in all().rev().filter(|(task, _)| task.write.deletes()) {
        if task.secondary_uniques().next().is_some() {
            let statement = sql::delete(dialect, task, temps, 'e');
            steps.add(
                Some(&task.name),
                "delete rows whose values other rows take".to_owned(),
                Some(statement.to_string()),
            );
        }
    }
    for (task, temps) in all() {
        for unique in task.secondary_uniques().filter(|u| u.immediate) {
            let columns = unique.columns.join(", ");
            match task.parking_column(unique) {
                Some(column) => {
                    let statement = sql::park(dialect, task, temps, &[unique], &[column.to_owned()]);
                    let action = format!("park the values of ({columns}) that other rows take");
                    steps.add(Some(&task.name), action, Some(statement.to_string()));
                }
                None => {
                    let action =
                        format!("values of ({columns}) cannot be handed on: no column of it can be NULL");
                    steps.add(Some(&task.name), action, None);
                }
            }
        }
    }
    for (index, (task, temps)) in all().enumerate() {
        for set in prepared.stubs.before(tasks, index) {
            let statement = sql::insert_stubs(dialect, set);
            steps.add(Some(&set.name), "insert stubs".to_owned(), Some(statement.to_string()));
        }
        let statement = sql::insert(dialect, task, temps, false);
        steps.add(Some(&task.name), "insert".to_owned(), Some(statement.to_string()));
    }
    let mut write = |task: &Task, action: &str, statement: Option<sql::Sql>| {
        if let Some(statement) = statement {
            steps.add(Some(&task.name), action.to_owned(), Some(statement.to_string()));
        }
    };
    for (task, temps) in all().filter(|(task, _)| task.write != Write::InsertOnly) {
        write(task, "update", sql::update(dialect, task, temps));
    }
    for (task, temps) in all() {
        write(task, "set late references", sql::bind_late(task, temps));
    }
    let deleting = || all().rev().filter(|(task, _)| task.write.deletes());
    for (task, temps) in deleting().filter(|(task, _)| !task.late.is_empty()) {
        write(task, "take late references from rows that go", Some(sql::unlink(dialect, task, temps, 'd')));
    }
    for (task, temps) in deleting() {
        write(task, "delete", Some(sql::delete(dialect, task, temps, 'd')));
    }
    for (task, temps) in all().filter(|(task, _)| !task.target.triggers.is_empty()) {
        let statement = sql::count_rewritten(dialect, task, temps).map(|s| s.to_string());
        steps.add(Some(&task.name), "look for what triggers changed".to_owned(), statement);
    }
    for (set, (task, temps)) in prepared.snapshot_tasks() {
        let statement = sql::insert_snapshots(dialect, set, task, temps);
        steps.add(Some(&set.name), "take snapshots".to_owned(), Some(statement.to_string()));
    }
    if dialect == Dialect::Postgres {
        for statement in sql::check_now(&targets) {
            steps.add(None, "make the checks that are due".to_owned(), Some(statement.to_string()));
        }
    }
}

#[derive(Default)]
struct Steps(Vec<Step>);

impl Steps {
    fn add(&mut self, table: Option<&str>, action: String, statement: Option<String>) {
        let step = count(self.0.len() + 1);
        self.0.push(Step { step, table_name: table.map(str::to_owned), action, statement });
    }
}
